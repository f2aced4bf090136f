// What the functions do, in memory: their checks in their order, their codes, and nothing twice.

import { newKey } from './unsent.js'

const refused = (status, code, details = null) => ({ status, code, details })
const isUuid = (text) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)
const MOST = 4000
const LARGEST_PAGE = 200

export function functions(project) {
  let last = 0

  /** PostgreSQL's form. A later message has a later time. */
  function stamp() {
    last = Math.max(last + 1, project.now() * 1000)
    const date = new Date(Math.floor(last / 1000)).toISOString()
    return `${date.slice(0, 23)}${String(last % 1000).padStart(3, '0')}+00:00`
  }

  /** The channel, if the user belongs to it; which of both is missing is not told. */
  const channelOf = (user, id) => {
    const channel = project.channels[id]
    return channel?.members.includes(user) ? channel : null
  }

  function list(user, { channel_id: id, limit = 50, since, before }) {
    if (!isUuid(id)) return refused(422, 'invalid_parameter', 'channel_id')
    if (!Number.isInteger(Number(limit))) return refused(422, 'invalid_parameter', 'limit')
    if (since && before) return refused(422, 'invalid_parameter', 'before')
    const channel = channelOf(user, id)
    if (!channel) return refused(403, 'not_channel_member')
    const [time] = before?.split(',') ?? []
    const wanted = channel.messages.filter(({ inserted_at: at }) => (!since || Date.parse(at) > Date.parse(since)) && (!time || at < time))
    return { data: wanted.toReversed().slice(0, Math.min(Math.max(limit, 1), LARGEST_PAGE)) }
  }

  function send(user, { channel_id: id, body, client_message_id: key }) {
    if (!isUuid(id)) return refused(422, 'invalid_parameter', 'channel_id')
    if (typeof body !== 'string' || !body.trim() || body.length > MOST) return refused(422, 'invalid_parameter', 'body')
    if (key != null && !isUuid(key)) return refused(422, 'invalid_parameter', 'client_message_id')
    const channel = channelOf(user, id)
    if (!channel) return refused(403, 'not_channel_member')
    const before = key && channel.messages.find((each) => each.sender_id === user && each.client_message_id === key)
    if (before) return before.body === body ? { data: before } : refused(409, 'client_message_id_reused')
    const message = { id: newKey(), channel_id: id, sender_id: user, body, client_message_id: key ?? null, inserted_at: stamp() }
    channel.messages.push(message)
    project.announce(`social:${id}`, 'message', { id: message.id, channel_id: id })
    return { data: message }
  }

  function stage(user, { room_id: id, game_id: game, match_instance_id: match, roster, slot_template: template } = {}) {
    for (const [field, value] of Object.entries({ room_id: id, game_id: game, match_instance_id: match })) {
      if (!isUuid(value)) return refused(422, 'invalid_parameter', field)
    }
    if (!Number.isInteger(template?.version)) return refused(422, 'invalid_parameter', 'slot_template.version')
    const room = project.rooms[id]
    if (!room) return refused(404, 'room_not_found')
    if (room.owner !== user) return refused(403, 'not_room_owner')
    if (room.game !== game) return refused(422, 'game_mismatch', 'game_id')
    if (!roster?.length) return refused(422, 'empty_roster', 'roster')
    const content = JSON.stringify([match, roster, template])
    const replayed = room.template?.content === content
    if (!replayed && room.template && room.template.version >= template.version) return refused(409, 'slot_version_conflict')
    if (!replayed) {
      const goesOn = room.template?.match === match
      if (!goesOn) project.endOverlays(room.template?.session)
      room.template = { version: template.version, content, at: stamp(), match, session: goesOn ? room.template.session : newKey() }
      project.openOverlays(room.template.session, template.version, new Set(roster.map((entry) => entry.owner_id).filter(Boolean)))
    }
    const active = (name) => template.slots.filter((slot) => slot.role === name && slot.active !== false).length
    return {
      data: {
        inserted_count: roster.length,
        slot_template_version: template.version,
        slot_template_updated_at: room.template.at,
        role_counts: template.roles.map(({ name, slot_count }) => ({ role_name: name, declared_slot_count: slot_count, active_slot_count: active(name) })),
        replayed,
      },
    }
  }

  return { 'messages-list': list, 'messages-send': send, 'stage-room-match': stage }
}
