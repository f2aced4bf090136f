// A channel with its messages, and somebody who listens to it. It is here because a subscription is tested by what it
// hands over, and its topic by when it is joined.
import { createLockstep } from '../index.js'
import { Supabase, Time, Window, settled, statusLog } from './fakes.mjs'

export const CHANNEL = 'c0000000-0000-4000-8000-000000000001'
export const TOPIC = `social:${CHANNEL}`
export const START = Date.parse('2026-11-22T08:40:00Z')
export const at = (second, id = `m${second}`) => ({ id, inserted_at: new Date(START + second * 1000).toISOString().replace('Z', '456+00:00') })

/** A database that answers as the function does: newest first, newer than `since`, or older than a cursor. */
export function arrange({ stored = [], ...options } = {}) {
  const supabase = new Supabase()
  const time = new Time()
  const window = new Window()
  const lockstep = createLockstep(supabase, { ...time.environment, window })
  const [got, errors, resets] = [[], [], []]
  const { statuses, onStatus } = statusLog()
  const database = { stored, queries: [] }
  supabase.answer = ({ name }) => {
    const query = Object.fromEntries(new URLSearchParams(name.split('?')[1]))
    database.queries.push(query)
    const before = query.before?.split(',')[0]
    const rows = database.stored
      .filter((row) => !query.since || Date.parse(row.inserted_at) > Date.parse(query.since))
      .filter((row) => !before || Date.parse(row.inserted_at) < Date.parse(before))
      .sort((a, b) => Date.parse(b.inserted_at) - Date.parse(a.inserted_at))
    return Response.json(rows.slice(0, query.limit ?? 50))
  }
  const leave = lockstep.subscribeMessages(CHANNEL, (messages) => got.push(messages.map(({ id }) => id)), {
    onError: (error) => errors.push(error),
    onReset: () => resets.push(got.length),
    onStatus,
    ...options,
  })
  const join = async () => {
    await settled()
    supabase.named(TOPIC).status('SUBSCRIBED')
    await settled()
  }
  const hear = async (id) => {
    supabase.named(TOPIC).broadcast('message', { id, channel_id: CHANNEL })
    await settled()
  }
  return { supabase, time, window, lockstep, database, got, errors, resets, statuses, leave, join, hear }
}
