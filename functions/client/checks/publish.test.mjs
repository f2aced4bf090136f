// The package as npm would publish it: found, typed and loaded by whoever installs it.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

const module = new URL('../', import.meta.url).pathname
const manifest = JSON.parse(readFileSync(join(module, 'package.json'), 'utf8'))
const run = (program, args, cwd = import.meta.dirname) => execFileSync(program, args, { cwd, encoding: 'utf8' })

let folder, tarball, listed

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-client-'))
  const [packed] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', folder], module))
  tarball = join(folder, packed.filename)
  listed = packed.files.map(({ path }) => path)
})
after(() => rmSync(folder, { recursive: true, force: true }))

test('publint has nothing to say', async () => {
  const { messages } = await publint({ pkgDir: module, strict: true })

  assert.deepEqual(messages.map((message) => formatMessage(message, manifest)), [])
})

test('it says what npm and its users ask for', () => {
  const fields = ['description', 'license', 'repository', 'files', 'engines', 'peerDependencies', 'exports']

  assert.deepEqual(fields.filter((field) => !manifest[field]), [])
})

test('the types are right, however it is imported', () => {
  run('npx', ['attw', tarball])
})

test('all of it is in it, and nothing else', () => {
  const others = listed.filter((path) => !/^(cjs\/)?[a-z-]+(\.d)?\.[cm]?[jt]s$/.test(path))

  assert.deepEqual(others.sort(), ['README.md', 'package.json'])
  for (const path of Object.values(manifest.exports).flatMap((each) => Object.values(each).flatMap((one) => one.default ?? []))) {
    assert.ok(listed.includes(path.slice(2)), path)
  }
})

test('what is imported and what is required is the same', async () => {
  run('tar', ['xzf', tarball, '-C', folder])
  const names = (loading) => run('node', ['--input-type=module', '-e', `${loading}; console.log(Object.entries(all).map(([name, value]) => name + ': ' + typeof value).sort().join())`], join(folder, 'package'))

  const required = names("import { createRequire } from 'node:module'; const all = createRequire(process.cwd() + '/x.js')('lockstep-client')")

  assert.equal(required, names("const all = await import('lockstep-client')"))
  assert.match(required, /createLockstep: function/)
})
