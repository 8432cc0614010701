import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  // Relative: the console may be mounted below any path.
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // No inlined files: the page's policy lets nothing run or load but what has a name of its own.
  build: { outDir: 'dist', emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
})
