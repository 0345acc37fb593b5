/** nft run once, for what happens at start only: starting a process stops the thread for milliseconds. */
import { spawn } from 'node:child_process';
import { nftEnvironment } from './nft-channel.ts';

export interface RunOutcome {
  /** -1 = it could not be started or was ended. */
  readonly code: number;
  readonly output: string;
  /** What it wrote as errors, or why it could not be started. */
  readonly complaint: string;
}

const patienceMs = 10_000;
const keptCharacters = 1_000_000;

/**
 * Runs nft.
 * @param input its standard input; scripts go with `-f -`
 */
export function runNft(options: readonly string[], input = ''): Promise<RunOutcome> {
  return new Promise((resolve) => {
    const child = spawn('nft', options, { stdio: 'pipe', env: nftEnvironment, timeout: patienceMs });
    let output = '';
    let complaint = '';
    child.stdout.setEncoding('utf8').on('data', (piece: string) => { if (output.length < keptCharacters) output += piece; });
    child.stderr.setEncoding('utf8').on('data', (piece: string) => { if (complaint.length < keptCharacters) complaint += piece; });
    child.stdin.on('error', () => undefined);
    child.once('error', (error) => resolve({ code: -1, output, complaint: error.message }));
    child.once('close', (code) => resolve({ code: code ?? -1, output, complaint }));
    child.stdin.end(input);
  });
}
