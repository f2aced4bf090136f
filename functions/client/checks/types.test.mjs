// The types say what the functions and the contract say, and what does not fit does not compile.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { types, written } from './make-types.mjs'

const module = new URL('../', import.meta.url)
const source = (name) => readFileSync(new URL(name, module), 'utf8')

test('the types are those of openapi.json and of the contract: node make-types.mjs makes them anew', async () => {
  assert.equal(readFileSync(written, 'utf8'), await types())
})

test('a misspelt code, a payload without its room and an unknown reason do not compile, with the oldest and the newest supabase-js', () => {
  // Each line that must not compile is marked; a mark without an error is one, too.
  execFileSync('npx', ['tsc', '--project', 'tsconfig.json'], { cwd: import.meta.dirname, encoding: 'utf8' })
})

test('each code that the module makes up has its type, and no other has', () => {
  const files = readdirSync(module).filter((name) => name.endsWith('.js'))
  const quoted = files.flatMap((name) => [...source(name).matchAll(/(?:problem\(|\? |: |\|\| )'([a-z]+_[a-z_]+|aborted|timeout)'/g)].map(([, code]) => code))
  const [, listed] = /type ClientCode =([\s\S]*?)\n\n/.exec(source('index.d.ts'))
  const own = [...listed.matchAll(/\| '(\w+)'/g)].map(([, code]) => code)
  const described = source('contract.d.ts')

  const missing = quoted.filter((code) => !own.includes(code) && !described.includes(`'${code}'`) && !['other_tab'].includes(code))
  assert.deepEqual(missing, [])
  const migrations = new URL('../../supabase/migrations/', module)
  const raised = readdirSync(migrations).map((name) => readFileSync(new URL(name, migrations), 'utf8')).join()
  assert.deepEqual(own.filter((code) => !quoted.includes(code) && !raised.includes(`'${code}'`)), [])
})
