// What the module costs a page: it is to stay small, and who uses a part of it is to pay for that part.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

async function bundled(source) {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  })
  return outputFiles[0].text
}

const compressed = async (source) => gzipSync(await bundled(source), { level: 9 }).length

test('all of it is less than four kibibytes', async () => {
  const bytes = await compressed(`export * from 'lockstep-client'`)
  assert.ok(bytes < 4096, `${bytes} bytes`)
})

test('a part of it is without the rest', async () => {
  assert.ok((await compressed(`export { traced } from 'lockstep-client'`)) < 500)
  assert.ok(!(await bundled(`export { createLockstep } from 'lockstep-client'`)).includes('rank_overlay_ttl'))
})
