// `POST /api/messages/send`: post a message, through the edge function and as the caller.
import type { NextApiRequest, NextApiResponse } from 'next'
import { answer, caller, json, method } from '../../../lib/server'
import { sendMessage } from '../../../services/socialMessages'

/** What the function takes. */
const LIMIT = 64 * 1024

export const config = { api: { bodyParser: false } }

export default async function send(req: NextApiRequest, res: NextApiResponse): Promise<void> {
  if (!method(req, res, 'POST')) return
  const asking = await caller(req, res)
  const given = asking && (await json(req, res, LIMIT))
  if (!given) return
  const sent = await sendMessage(given.channel_id, {
    body: given.body ?? given.text,
    idempotencyKey: given.client_message_id ?? req.headers['idempotency-key'],
    accessToken: asking.accessToken,
  })
  // The key goes back with a failure, too, so that the browser can try again without saying it twice.
  if (sent.error) res.setHeader('Idempotency-Key', sent.idempotencyKey)
  answer(res, sent, 201, { client_message_id: sent.idempotencyKey })
}
