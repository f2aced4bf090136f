// What the module costs a page: it is to stay small, and who uses a part of it is to pay for that part.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
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

// A function that a team adds has a method, and that alone may come on top.
test('all of it is less than four kibibytes for three functions, and each further one adds at most 64 bytes', async () => {
  const { paths } = JSON.parse(readFileSync(new URL('../../../openapi.json', import.meta.url)))
  const limit = 4096 + 64 * (Object.keys(paths).length - 3)
  const bytes = await compressed(`export * from 'lockstep-client'`)
  assert.ok(bytes < limit, `${bytes} bytes of ${limit}`)
})

test('a part of it is without the rest', async () => {
  assert.ok((await compressed(`export { traced } from 'lockstep-client'`)) < 500)
  assert.ok(!(await bundled(`export { createLockstep } from 'lockstep-client'`)).includes('rank_overlay_ttl'))
})
