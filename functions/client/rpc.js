// An RPC of the database, asked directly. It is here because its answers tell the server's time, and because PostgREST's
// errors are to look like those of the functions.

import { limited } from './environment.js'
import { rpcProblem, thrown } from './problem.js'
import { tell } from './trace.js'

/** `clock` is set by each answer. */
export const rpcs = (supabase, onCall, clock, env) =>
  async function ask(name, args) {
    const asked = env.clock()
    let answer, error
    try {
      error = await limited(async (signal) => {
        const query = supabase.rpc(name, args)
        answer = await (query.abortSignal?.(signal) ?? query)
        return rpcProblem(answer)
      }, env)
    } catch (fault) {
      error = thrown(fault, true)
    }
    const data = error ? null : answer.data
    tell(onCall, name, env.clock() - asked, data, error)
    if (data) clock.set(data.server_time, asked)
    return { data, error }
  }
