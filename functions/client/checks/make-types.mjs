// Writes ../contract.d.ts: what the functions take and answer, from their description, and the rows of the RPCs that the
// module asks itself, from the contract. `node make-types.mjs` writes it; types.test.mjs holds it equal.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { compile } from 'json-schema-to-typescript'

const file = (path) => fileURLToPath(new URL(path, import.meta.url))
const read = (path) => JSON.parse(readFileSync(file(path), 'utf8'))

export const written = file('../contract.d.ts')

/** By the name that an application knows, the type in the contract. */
const RPCS = { RenewedOverlay: 'renew_rank_session_overlay', EndedSession: 'end_rank_session' }
const SCALARS = { uuid: 'string', text: 'string', 'timestamp with time zone': 'string', bigint: 'number', integer: 'number', boolean: 'boolean' }
/** What the database says of an overlay that is over (`notify_overlay_ttl`). */
const REASONS = file('../../../supabase/migrations/20261124100200_rank_overlay_broadcast.sql')
const SCHEMAS = ['ProblemCode', 'Message', 'Staging', 'StagedMatch']

export async function types() {
  const { components } = read('../../openapi.json')
  for (const schema of Object.values(components.schemas)) {
    // Older clients send them; nobody should begin to.
    for (const [name, field] of Object.entries(schema.properties ?? {})) if (field.deprecated) delete schema.properties[name]
  }
  components.schemas.ProblemCode.title = 'ProblemCode'
  const wanted = Object.fromEntries(SCHEMAS.map((name) => [name, { $ref: `#/components/schemas/${name}` }]))
  const text = await compile({ type: 'object', properties: wanted, components }, 'Wanted', {
    additionalProperties: false,
    ignoreMinAndMaxItems: true,
    bannerComment: '// Made by checks/make-types.mjs from functions/openapi.json and supabase/rank_required_rpcs.json.\n',
    style: { semi: false, singleQuote: true, printWidth: 120 },
  })

  const { rpcs } = read('../../../supabase/rank_required_rpcs.json')
  const rows = Object.entries(RPCS).map(([type, name]) => {
    const { columns } = rpcs.find((rpc) => rpc.name === name).returns
    return `export interface ${type} {\n${columns.map((column) => `  ${column.name}: ${SCALARS[column.type]}\n`).join('')}}\n`
  })
  const said = readFileSync(REASONS, 'utf8').match(/'overlay_expired',\s+case when gone\.expires_at .*? then '(\w+)' else '(\w+)' end/).slice(1)
  const reasons = `export type ServersReason = ${said.map((reason) => `'${reason}'`).join(' | ')}\n`
  return [text.replace(/export interface Wanted \{[^}]*\}\n/, ''), ...rows, reasons].join('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(written, await types())
