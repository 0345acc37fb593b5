import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const controlPlane = process.env['SIGNALBOX_URL'] ?? 'http://127.0.0.1:8080';

/**
 * The console is built into `web/dist`, which the control plane serves. `vite web` serves the sources
 * with hot reload and passes API calls on to the control plane named by SIGNALBOX_URL.
 */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // The control plane's content security policy allows no inline script and no data: script.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: true,
  },
  server: {
    proxy: { '/api': { target: controlPlane, changeOrigin: true } },
  },
});
