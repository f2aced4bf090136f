// Writes ../REFERENCE.md: every function, option, code and status, made from the types. `node make-reference.mjs` writes
// it; reference.test.mjs holds it equal, and complete.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const file = (path) => fileURLToPath(new URL(path, import.meta.url))
const read = (path) => readFileSync(file(path), 'utf8')

export const written = file('../REFERENCE.md')

/** In the order of the page; the payloads are shown where they are named. */
const ENTRIES = [
  ['lockstep-client', ['../index.d.ts', '../contract.d.ts']],
  ['lockstep-client/react', ['../react.d.ts']],
  ['lockstep-client/testing', ['../testing.d.ts']],
]

/** What is exported: its name, what is said of it, and itself. */
export function declarations(source) {
  const found = source.matchAll(/^(\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?(export (?:declare )?(?:function|const|interface|type) (\w+)[\s\S]*?)\n(?=\n|$(?![\s\S])|export |\/\*\*)/gm)
  return [...found].map(([, comment = '', code, name]) => ({
    name,
    code,
    text: comment.replace(/^\/\*\*|\*\/$|^ ?\* ?/gm, '').replace(/\*\/\s*$/, '').split('\n').map((line) => line.trim()).filter(Boolean).join('\n'),
  }))
}

/** Who is to blame, and what helps: the table of the functions. */
const table = () => /\| code \|[\s\S]*?\n(?=\n|$(?![\s\S]))/.exec(read('../../README.md'))[0]

export function reference() {
  const page = ['# Reference', 'Made by `checks/make-reference.mjs` from the types. [How it is used](README.md), [recipes](RECIPES.md).']
  for (const [entry, files] of ENTRIES) {
    page.push(`## ${entry}`)
    for (const { name, text, code } of files.flatMap((each) => declarations(read(each)))) {
      page.push(`### ${name}`)
      if (text) page.push(text)
      page.push(name === 'ProblemCode' ? table().trim() : `\`\`\`ts\n${code}\n\`\`\``)
    }
  }
  return `${page.join('\n\n')}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(written, reference())
