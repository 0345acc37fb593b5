import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const controlPlane = process.env['SIGNALBOX_URL'] ?? 'http://127.0.0.1:8080';

/** Smaller files are not worth a second copy. */
const compressFromBytes = 1024;

/** Leaves a .br and a .gz beside each text file of the build; the control plane serves the one that the browser takes. */
const preCompress: Plugin = {
  name: 'pre-compress',
  apply: 'build',
  // Only now are the files what the browser gets: other plugins still edit them while the bundle is generated.
  writeBundle({ dir }, bundle) {
    if (dir === undefined) return;
    for (const fileName of Object.keys(bundle)) {
      if (!/\.(js|css|svg)$/.test(fileName)) continue;
      const path = join(dir, fileName);
      const source = readFileSync(path);
      if (source.length < compressFromBytes) continue;
      writeFileSync(`${path}.br`, brotliCompressSync(source, { params: { [constants.BROTLI_PARAM_QUALITY]: 10 } }));
      writeFileSync(`${path}.gz`, gzipSync(source, { level: 9 }));
    }
  },
};

/**
 * The console is built into `web/dist`, which the control plane serves. `vite web` serves the sources
 * with hot reload and passes API calls on to the control plane named by SIGNALBOX_URL.
 */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react(), preCompress],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // The control plane's content security policy allows no inline script and no data: script.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: true,
    // Pages share icons with the rail; each in a file of its own would be a request for a few hundred bytes.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'icons', test: /@tabler[\\/]icons-react/ }] } } },
  },
  server: {
    proxy: { '/api': { target: controlPlane, changeOrigin: true } },
  },
});
