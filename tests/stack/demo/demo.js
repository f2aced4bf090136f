// The demo page: who is signed in, what is said, and what is on. It is here to show the browser module at work on the
// real client; an application would have a framework for what is done by hand below.

import settings from '/demo/settings.js'
import { createLockstep, createOverlayStore } from '/demo/client/index.js'

const $ = (id) => document.getElementById(id)
const FIVE_MINUTES = 5 * 60 * 1000

const supabase = window.supabase.createClient(location.origin, settings.key)
const record = ({ functionName, latencyMs, rpcVersion, error }) =>
  note(`${functionName} ${Math.round(latencyMs)} ms${rpcVersion ? `, ${rpcVersion}` : ''}${error ? `: ${error.code}` : ''}`, error)
const lockstep = createLockstep(supabase, { onCall: record })
const overlays = createOverlayStore(supabase, { onCall: record })

const names = Object.fromEntries(Object.entries(settings.people).map(([email, id]) => [id, email.split('@')[0]]))
let me = null
let leave = () => {}

function note(text, bad) {
  const item = document.createElement('li')
  const time = document.createElement('time')
  time.textContent = new Date().toLocaleTimeString('en-GB')
  const what = document.createElement('span')
  what.textContent = text
  if (bad) what.className = 'bad'
  item.append(time, what)
  $('log').prepend(item)
  while ($('log').children.length > 12) $('log').lastChild.remove()
}

function show(message) {
  const item = document.createElement('li')
  const who = document.createElement('b')
  who.textContent = names[message.sender_id] ?? 'gone'
  const text = document.createElement('span')
  text.textContent = message.body
  const time = document.createElement('time')
  time.textContent = new Date(message.inserted_at).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
  item.append(who, text, time)
  $('messages').append(item)
  $('messages').scrollTop = $('messages').scrollHeight
}

function emptyMessages(why) {
  $('messages').replaceChildren()
  if (!why) return
  const item = document.createElement('li')
  item.className = 'empty'
  item.textContent = why
  $('messages').append(item)
}

/** The newest page, and from then on what is new. */
function follow() {
  leave()
  leave = () => {}
  $('status').textContent = ''
  emptyMessages(me ? '' : 'Sign in to read.')
  if (!me) return
  leave = lockstep.subscribeMessages(settings.channel, (messages) => messages.forEach(show), {
    onError: (error) => note(error.message, true),
    onStatus(status, error) {
      $('status').textContent = status
      if (status === 'refused') emptyMessages(error.message)
    },
  })
}

function buttons() {
  const host = me === settings.people['ada@example.com']
  $('stage').disabled = !host
  $('end').hidden = !host
  $('text').disabled = !me
  for (const button of $('people').children) button.setAttribute('aria-pressed', String(settings.people[button.dataset.email] === me))
}

for (const email of Object.keys(settings.people)) {
  const button = document.createElement('button')
  button.dataset.email = email
  button.textContent = email.split('@')[0]
  button.onclick = async () => {
    const { error } = await supabase.auth.signInWithPassword({ email, password: 'demo' })
    if (error) note(`sign in: ${error.message}`, true)
  }
  $('people').append(button)
}

supabase.auth.onAuthStateChange((_event, session) => {
  const next = session?.user?.id ?? null
  if (next === me && $('who').dataset.known) return
  me = next
  $('who').dataset.known = 'yes'
  $('who').textContent = me ? `Signed in as ${names[me] ?? session.user.email}.` : 'Nobody is signed in.'
  buttons()
  // Not inside the callback: supabase-js holds a lock while it runs.
  setTimeout(follow, 0)
})

$('say').onsubmit = async (event) => {
  event.preventDefault()
  const body = $('text').value
  if (!body.trim()) return
  $('text').value = ''
  const { error } = await lockstep.sendMessage(settings.channel, { body })
  if (error) {
    $('text').value = body
    note(error.message, true)
  }
}

$('stage').onclick = async () => {
  const [ada, grace] = [settings.people['ada@example.com'], settings.people['grace@example.com']]
  // The overlay appears by itself: the database opens it, and says so to each player.
  const { error } = await lockstep.stageRoomMatch({
    room_id: settings.room,
    game_id: settings.game,
    match_instance_id: crypto.randomUUID(),
    roster: [
      { slot_index: 0, role: 'attack', owner_id: ada, ready: true },
      { slot_index: 2, role: 'support', owner_id: grace, ready: true },
    ],
    slot_template: {
      // Grows, whoever stages and from wherever.
      version: Date.now(),
      roles: [{ name: 'attack', slot_count: 1 }, { name: 'support', slot_count: 1 }],
      slots: [{ slot_index: 0, role: 'attack' }, { slot_index: 2, role: 'support' }],
    },
  })
  if (error) note(error.message, true)
}

$('renew').onclick = () => overlays.renew()
$('end').onclick = () => overlays.end()

/** Drawn from what the store holds, and from nothing else. */
function draw() {
  const session = overlays.getActiveSession()
  $('overlay').hidden = !session
  if (!session) return
  const left = Math.max(session.expiresAt - overlays.now(), 0)
  $('overlay-version').textContent = session.version
  const seconds = Math.ceil(left / 1000)
  $('overlay-left').textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
  $('overlay-bar').firstElementChild.style.transform = `scaleX(${Math.min(left / FIVE_MINUTES, 1)})`
}

overlays.subscribe((session, reason) => {
  note(session ? `overlay: ${reason}` : `overlay collapsed: ${reason}`)
  draw()
})
overlays.start()
buttons()
draw()
setInterval(draw, 250)
// For tests, and for whoever opens the console.
window.demo = { overlays, lockstep, supabase }
