// The module beside the React of this folder: an application installs both, and here neither is installed in the other's.
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const path = (name) => fileURLToPath(new URL(name, import.meta.url))
/** Of each test its own: they run at the same time. */
export const outdir = path(`node_modules/.module/${basename(process.argv[1])}`)

await build({
  entryPoints: ['index', 'react'].map((name) => path(`../${name}.js`)),
  outdir,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  external: ['react'],
  format: 'esm',
})

export const lockstep = await import(`${outdir}/index.mjs`)
export const react = await import(`${outdir}/react.mjs`)
