// Messages, for the routes: through the edge functions, which run one RPC as the caller. Each call names whose token it
// travels with; without one nothing is sent, and the answer is `auth_required`.
import { server } from '../lib/server'

/** `options`: `accessToken`, and `limit`, `since` or `before`. */
export const listMessages = (channelId, { accessToken, ...options }) =>
  server().lockstep.listMessages(channelId, { ...options, accessToken: accessToken ?? null })

/** `payload`: `body`, and `idempotencyKey` to send the same message again. */
export const sendMessage = (channelId, { body, idempotencyKey, accessToken }) =>
  server().lockstep.sendMessage(channelId, { body }, { idempotencyKey, accessToken: accessToken ?? null })
