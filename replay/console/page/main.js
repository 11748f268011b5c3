// The console: shows the page that the address names, for as long as it does.
import { ask, events } from './api.js'
import { fill, h } from './h.js'
import { bindKey, showKeys, startKeys } from './keys.js'
import { pages } from './pages.js'
import { go, hrefOf, routeOf } from './router.js'
import { changed } from './session.js'
import { askForToken, showWho } from './sign-in.js'
import { startTheme } from './theme.js'
import { tried, troubleBox } from './trouble.js'

/** @import {ConsoleKind, Page, Route} from './types.ts' */

const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id))
const main = element('main')
const nav = element('nav')
const keys = /** @type {HTMLDialogElement} */ (element('keys'))
const findId = /** @type {HTMLInputElement} */ (element('find-id'))
const always = new AbortController().signal

/** @type {{ readonly key: string, readonly left: AbortController, readonly update: ((route: Route) => void) | void } | undefined} */
let open

/**
 * @param {readonly ConsoleKind[]} kinds
 * @param {boolean} [anew]
 */
function show(kinds, anew = false) {
  const route = routeOf(location.hash) ?? { page: '', id: '', query: {} }
  const page = pages.find(({ name }) => name === route.page) ?? pages[0]
  const key = `${page.name}/${route.id}`
  if (!anew && open?.key === key && open.update) return open.update(route)
  const before = open
  before?.left.abort()
  const left = new AbortController()
  const update = page.open(main, route, { signal: left.signal, kinds })
  open = { key, left, update }
  document.title = `${route.id || page.label} · Strata`
  for (const link of nav.querySelectorAll('a')) link.ariaCurrent = link.hash === hrefOf(page.under ?? page.name) ? 'page' : null
  if (before === undefined) return
  if (before.key !== key) scrollTo(0, 0)
  // Those who use the keyboard, or listen, begin at the page's heading.
  main.querySelector('h1')?.focus({ preventScroll: true })
}

function startFrame() {
  fill(
    nav,
    pages.filter(({ label }) => label !== undefined).map(({ name, label }) => h('a', { href: hrefOf(name) }, label)),
  )
  showWho(element('who'))
  startTheme(element('theme'))
  element('skip').addEventListener('click', (event) => {
    event.preventDefault() // the place behind the # is the router's
    main.focus()
  })
  element('find').addEventListener('submit', (event) => {
    event.preventDefault()
    if (findId.value.trim() === '') return
    go(hrefOf('entity', findId.value.trim()))
    findId.value = ''
  })
  element('show-keys').addEventListener('click', () => showKeys(keys))
  bindKey('/', 'find an entity by its id', always, () => findId.focus())
  bindKey('?', 'show the shortcuts', always, () => showKeys(keys))
  startKeys(keys)
  events.addEventListener('busy', (event) => document.body.classList.toggle('busy', /** @type {CustomEvent} */ (event).detail > 0))
  events.addEventListener('refused', (event) => {
    open?.left.abort()
    open = undefined
    askForToken(main, /** @type {CustomEvent} */ (event).detail)
  })
  // A fault of the page's own is shown, too.
  addEventListener('unhandledrejection', ({ reason }) => reason?.name !== 'AbortError' && main.prepend(troubleBox(reason)))
}

async function start() {
  startFrame()
  const kinds = await tried(main, always, () => ask('console/kinds.json'))
  if (!kinds) return
  addEventListener('hashchange', () => show(kinds))
  changed.addEventListener('change', () => {
    showWho(element('who'))
    show(kinds, true)
  })
  show(kinds)
}

void start()
