// Makes cjs/ of the module, for whoever still uses `require`: Jest does. `npm pack` and an installation from this folder run
// it. It needs no package, because a fresh clone has none, and it knows only the forms of import and export that are used.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'

const here = new URL('./', import.meta.url)
const renamed = (names) => names.replace(/ as /g, ': ')

/** Export stands before a declaration; `exports` is filled at the end, when all are there. */
function script(source) {
  const exported = []
  const text = source
    .replace(/^import \{([^}]*)\} from '(?:\.\/(.+)\.js|(.+))'$/gm, (_, names, own, foreign) =>
      `const {${renamed(names)}} = require('${own ? `./${own}.cjs` : foreign}')`)
    .replace(/^export \{ (\w+) \} from '\.\/(.+)\.js'$/gm, "exports.$1 = require('./$2.cjs').$1")
    .replace(/^export ((?:async )?(?:function|const|class) (\w+))/gm, (_, declaration, name) => {
      exported.push(name)
      return declaration
    })
  if (/^(import|export)\b/m.test(text)) throw new Error(`cjs.mjs does not know: ${/^(import|export)\b.*/m.exec(text)[0]}`)
  return `'use strict'\n${text}${exported.map((name) => `exports.${name} = ${name}\n`).join('')}`
}

const types = (source) => source.replace(/from '\.\/(.+)\.js'/g, "from './$1.cjs'")

const read = (name) => readFileSync(new URL(name, here), 'utf8')
const made = {}
for (const name of readdirSync(here)) {
  if (name.endsWith('.d.ts')) made[name.replace('.d.ts', '.d.cts')] = types(read(name))
  else if (name.endsWith('.js')) made[name.replace('.js', '.cjs')] = script(read(name))
}
mkdirSync(new URL('cjs', here), { recursive: true })
for (const name of readdirSync(new URL('cjs', here))) if (!made[name]) rmSync(new URL(`cjs/${name}`, here))
for (const [name, text] of Object.entries(made)) {
  const file = new URL(`cjs/${name}`, here)
  // Others may be reading: what has not changed is left alone, and what has is there at once.
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue
  const unfinished = new URL(`.${name}.${process.pid}`, here)
  writeFileSync(unfinished, text)
  renameSync(unfinished, file)
}
