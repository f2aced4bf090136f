// npm has copied the module when it was installed. Whoever changes it wants the change: each script copies it anew.
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync } from 'node:fs'

const installed = 'node_modules/lockstep-client'
execFileSync('npm', ['run', '--silent', 'prepare'], { cwd: '..' })
mkdirSync(`${installed}/cjs`, { recursive: true })
const published = (folder) => readdirSync(`../${folder}`).filter((name) => /^[^.].*\.(c?js|d\.c?ts)$|^package\.json$/.test(name))
for (const name of [...published('.'), ...published('cjs').map((name) => `cjs/${name}`)]) {
  const to = `${installed}/${name}`
  // Another script may be reading: what has not changed is left alone, and what has is there at once.
  if (existsSync(to) && readFileSync(to).equals(readFileSync(`../${name}`))) continue
  copyFileSync(`../${name}`, `${to}.${process.pid}`)
  renameSync(`${to}.${process.pid}`, to)
}
