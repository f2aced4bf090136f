// The match that the page stages. An application takes it from its lobby.
import type { Staging } from 'lockstep-client'
import type { Settings } from './settings'

export const match = ({ roomId, gameId, players: [host, guest] }: Settings): Staging => ({
  room_id: roomId,
  game_id: gameId,
  match_instance_id: crypto.randomUUID(),
  roster: [
    { slot_index: 0, role: 'attack', owner_id: host, ready: true },
    { slot_index: 2, role: 'support', owner_id: guest, ready: true },
  ],
  slot_template: {
    // Grows, whoever stages and from wherever.
    version: Date.now(),
    roles: [
      { name: 'attack', slot_count: 1 },
      { name: 'support', slot_count: 1 },
    ],
    slots: [
      { slot_index: 0, role: 'attack' },
      { slot_index: 2, role: 'support' },
    ],
  },
})
