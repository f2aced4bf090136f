// The contract on one version of supabase-js, against a running stack: `node supabase.mjs <package>`, in the environment
// that the stack writes.
import ws from 'ws'
import { contract } from './contract.mjs'

// As a browser has it; Node.js has one of its own from 22 on.
globalThis.WebSocket ??= ws
const { createClient } = await import(process.argv[2])
const { ORIGIN, SUPABASE_PUBLISHABLE_KEY } = process.env

await contract(() => createClient(ORIGIN, SUPABASE_PUBLISHABLE_KEY, { auth: { autoRefreshToken: false } }), process.env, process.argv[2])
console.log(`${process.argv[2]} is served`)
process.exit(0)
