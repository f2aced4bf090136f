// Overlays in memory, as the RPCs keep them: for five minutes after the last renewal, and announced to each player.

import { newKey } from './unsent.js'

const LIFETIME = 300_000

export function overlayRpcs(project) {
  const iso = (time) => new Date(time).toISOString()
  const row = ({ session, version, expires }) => ({ session_id: session, version, expires_at: iso(expires) })
  const live = (user) => project.overlays.filter((each) => each.user === user && each.expires > project.now())
  const tell = (overlay, event, reason) =>
    project.announce(`rank_overlay_ttl:${overlay.user}`, event, { id: newKey(), overlay_id: overlay.id, reason, ...row(overlay) })

  project.endOverlays = (session) => {
    const ended = project.overlays.filter((each) => each.session === session)
    project.overlays = project.overlays.filter((each) => each.session !== session)
    ended.forEach((overlay) => tell(overlay, 'overlay_expired', 'ended'))
    return ended.length
  }

  project.openOverlays = (session, version, users) => {
    for (const user of users) {
      project.overlays = project.overlays.filter((each) => each.user !== user || each.session !== session)
      const overlay = { id: newKey(), session, version, user, expires: project.now() + LIFETIME }
      project.overlays.push(overlay)
      tell(overlay, 'overlay_opened', 'staged')
    }
  }

  return {
    fetch_rank_session_overlays: (user) =>
      user ? { data: { server_time: iso(project.now()), overlays: live(user).map(row) } } : { status: 401, code: 'auth_required' },

    renew_rank_session_overlay(user, { p_session_id: session }) {
      const overlay = live(user).find((each) => each.session === session)
      if (!overlay) return { status: 404, code: 'overlay_not_found' }
      overlay.expires = project.now() + LIFETIME
      return { data: { ...row(overlay), server_time: iso(project.now()) } }
    },

    end_rank_session(user, { p_session_id: session }) {
      const mine = Object.values(project.rooms).some((room) => room.owner === user && room.template?.session === session)
      if (!mine) return { status: 404, code: 'session_not_found' }
      return { data: { session_id: session, ended_count: project.endOverlays(session), server_time: iso(project.now()) } }
    },
  }
}
