// The demo page: who is signed in, what is said, and what is on. It is here to show the browser module at work on the
// real client; an application would have a framework for what is done by hand below.

import settings from '/demo/settings.js'
import { createLockstep, createOverlayStore } from '/demo/client/index.js'

const $ = (id) => document.getElementById(id)
const FIVE_MINUTES = 5 * 60 * 1000

// Two tabs of one browser share their storage, and with it who is signed in. `/demo?as=grace` keeps what is Grace's apart.
const as = settings.people.find(({ name }) => name.toLowerCase() === new URLSearchParams(location.search).get('as')?.toLowerCase())
const supabase = window.supabase.createClient(location.origin, settings.key, as && { auth: { storageKey: `demo.${as.name}` } })
const record = ({ functionName, latencyMs, rpcVersion, error }) =>
  note(`${functionName} ${Math.round(latencyMs)} ms${rpcVersion ? `, ${rpcVersion}` : ''}${error ? `: ${error.code}` : ''}`, error)
const lockstep = createLockstep(supabase, { onCall: record })
const overlays = createOverlayStore(supabase, { onCall: record, ...(as && { storageKey: `lockstep.overlay.${as.name}` }) })

const names = Object.fromEntries(settings.people.map(({ id, name }) => [id, name]))
const [ada, grace] = settings.people
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
  toNewest()
}

/** The newest at the bottom, and whole lines only: a line that the upper edge cuts is pushed out of sight. */
function toNewest() {
  const list = $('messages')
  list.style.paddingBottom = ''
  list.scrollTop = list.scrollHeight
  const [first, next] = [...list.children].filter((item) => item.offsetTop + item.offsetHeight > list.scrollTop)
  if (!next || first.offsetTop >= list.scrollTop) return
  list.style.paddingBottom = `${next.offsetTop - list.scrollTop}px`
  list.scrollTop = list.scrollHeight
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
  const host = me === ada.id
  $('stage').disabled = !host
  $('end').hidden = !host
  $('text').disabled = $('send').disabled = !me
  $('why').hidden = !!me
  for (const button of $('people').children) button.setAttribute('aria-pressed', String(button.dataset.id === me))
}

async function signIn({ email }) {
  const { error } = await supabase.auth.signInWithPassword({ email, password: 'demo' })
  if (error) note(`sign in: ${error.message}`, true)
}

for (const person of settings.people) {
  const button = document.createElement('button')
  button.dataset.id = person.id
  button.textContent = person.name
  button.onclick = () => signIn(person)
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

/** The slot template that the room was last staged with. Each staging needs a newer one, whoever stages and from wherever. */
let version = 0

/** The overlay appears by itself: the database opens it, and says so to each player. */
const stage = () =>
  lockstep.stageRoomMatch({
    room_id: settings.room,
    game_id: settings.game,
    match_instance_id: crypto.randomUUID(),
    roster: [
      { slot_index: 0, role: 'attack', owner_id: ada.id, ready: true },
      { slot_index: 2, role: 'support', owner_id: grace.id, ready: true },
    ],
    slot_template: {
      version: version + 1,
      roles: [{ name: 'attack', slot_count: 1 }, { name: 'support', slot_count: 1 }],
      slots: [{ slot_index: 0, role: 'attack' }, { slot_index: 2, role: 'support' }],
    },
  })

$('stage').onclick = async () => {
  let { data, error } = await stage()
  if (error?.code === 'slot_version_conflict') {
    version = JSON.parse(error.details).current
    ;({ data, error } = await stage())
  }
  if (error) return note(error.message, true)
  version = data.slot_template_version
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
new ResizeObserver(toNewest).observe($('messages'))
if (as) signIn(as)
setInterval(draw, 250)
// For tests, and for whoever opens the console.
window.demo = { overlays, lockstep, supabase }
