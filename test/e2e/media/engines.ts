/** The engines that the same calls go through; the kernel's needs network namespaces (test/e2e/media-namespaces). */
import type { Engine } from './lab.ts';

export const engines: readonly Engine[] = ['worker', 'rtpengine'];
