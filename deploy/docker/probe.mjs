/** `node probe.mjs URL`: exit code 0 when GET URL answers 2xx within two seconds. */
const [url = ''] = process.argv.slice(2);
const answered = await fetch(url, { signal: AbortSignal.timeout(2_000) }).then((response) => response.ok, () => false);
process.exitCode = answered ? 0 : 1;
