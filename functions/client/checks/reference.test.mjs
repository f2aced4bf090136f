// The reference is what the types say, and leaves nothing out.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { reference, written } from './make-reference.mjs'

test('the reference is made from the types: node make-reference.mjs makes it anew', () => {
  assert.equal(readFileSync(written, 'utf8'), reference())
})

test('everything that is exported stands in it', () => {
  const page = reference()
  const names = ['index', 'contract', 'react', 'testing'].flatMap((name) => {
    const source = readFileSync(new URL(`../${name}.d.ts`, import.meta.url), 'utf8')
    return [...source.matchAll(/^export (?:declare )?(?:function|const|interface|type) (\w+)/gm)].map(([, found]) => found)
  })

  assert.ok(names.length > 30)
  assert.deepEqual(names.filter((name) => !page.includes(`\n### ${name}\n`)), [])
})
