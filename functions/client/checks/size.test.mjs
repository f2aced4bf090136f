// What the module costs a page: it is to stay small, and who uses a part of it is to pay for that part.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

async function bundled(name) {
  const { outputFiles } = await build({
    stdin: { contents: `export { ${name} } from '../index.js'`, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  })
  return outputFiles[0].text
}

// A function that a team adds has a method, and that alone may come on top.
const { paths } = JSON.parse(readFileSync(new URL('../../openapi.json', import.meta.url)))
const methods = 64 * (Object.keys(paths).length - 3)

for (const [name, most] of [['createLockstep', 4096 + methods], ['createOverlayStore', 4096], ['traced', 750]]) {
  test(`${name} is less than ${most} bytes of an application, compressed`, async () => {
    const bytes = gzipSync(await bundled(name), { level: 9 }).length

    assert.ok(bytes < most, `${bytes} bytes`)
  })
}

test('a part of it is without the rest', async () => {
  assert.ok(!(await bundled('createLockstep')).includes('rank_overlay_ttl'))
  assert.ok(!(await bundled('createOverlayStore')).includes('messages-send'))
})
