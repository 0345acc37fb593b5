/** `node test/conformance/write-document.ts` (the pinned Node) brings the generated parts of docs/conformance.md up to date. */
import { readFileSync, writeFileSync } from 'node:fs';
import { withParts } from './document.ts';

const page = new URL('../../docs/conformance.md', import.meta.url);
writeFileSync(page, withParts(readFileSync(page, 'utf8')));
