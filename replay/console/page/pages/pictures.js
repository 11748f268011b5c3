// Pictures of what the analytics answer, each as it was known at any instant. The address says all of what is shown.
import { ask } from '../api.js'
import { fill, h } from '../h.js'
import { bindKey } from '../keys.js'
import { asOfSlider } from '../parts/as-of.js'
import { figureCard } from '../parts/figure.js'
import { pictureForm } from '../parts/picture-form.js'
import { pictures } from '../pictures/all.js'
import { go, hrefOf, queryOf } from '../router.js'
import { whoIs } from '../session.js'
import { textOf } from '../time.js'
import { tried } from '../trouble.js'

/** @import {Context, Figure, Page, Picture, Query, Rows} from '../types.ts' */

/** More than it has. */
const MAX_STOPS = 1_000

/** @type {Page} */
export const picturesPage = {
  name: 'pictures',
  label: 'Pictures',
  open(place, { id, query }, context) {
    const picture = pictures.find(({ name }) => name === id) ?? pictures[0]
    const view = pictureView(picture, context)
    fill(
      place,
      h('h1', { tabindex: '-1' }, picture.title),
      view.tabs,
      h('p', { class: 'explained' }, picture.explained),
      view.trouble,
      view.body,
    )
    void view.start(query)
    return (next) => void view.show(next.query)
  },
}

/** @param {Picture} picture @param {Context} context */
function pictureView(picture, { signal }) {
  const [trouble, timeTrouble, shown] = [h('div'), h('div'), h('div', { class: 'pictures' })]
  const tabs = h('nav', { class: 'tabs', 'aria-label': 'Pictures' })
  const to = (/** @type {Query} */ query, replace = false) => go(hrefOf('pictures', picture.name, query), { replace })
  const form = pictureForm(picture, to)
  const slider = asOfSlider((asOf) => to(withTime(current, asOf), true))
  bindKey('[', 'previous instant', signal, () => slider.step(-1))
  bindKey(']', 'next instant', signal, () => slider.step(1))
  const body = h('div', { hidden: true }, form.element, slider.element, timeTrouble, shown)

  /** @type {Query} */
  let current = {}
  /** What to show, once it is known that somebody answers. @type {Query} */
  let wanted = {}
  let [asking, drawn] = [new AbortController(), new AbortController()]
  signal.addEventListener('abort', () => drawn.abort())
  /** Whose stops the slider has. @type {string | undefined} */
  let stopsOf

  /** @param {Query} query */
  async function start(query) {
    wanted = query
    fill(tabs, tabLinks(picture, query))
    const known = await tried(trouble, signal, () => ask('v1/queries', signal))
    if (!known) return
    if (known.sinks.length === 0)
      return fill(trouble, nothing('There are no analytics here: this server has no sink that answers queries. Ask one that has.'))
    body.hidden = false
    await show(wanted)
  }

  /** @param {Query} query */
  async function show(query) {
    wanted = query
    if (body.hidden) return
    asking.abort()
    asking = new AbortController()
    const answering = AbortSignal.any([signal, asking.signal])
    current = { owner: whoIs()?.ownOnly ?? '', ...query }
    fill(tabs, tabLinks(picture, current))
    form.stand(current)
    slider.stand(current['asOf'])
    if (picture.needs !== undefined && !current[picture.needs]) render(() => [nothing(`Choose an ${picture.needs}.`)])
    else await answer(answering)
    await learnStops(answering)
  }

  /** @param {AbortSignal} answering */
  async function answer(answering) {
    shown.setAttribute('aria-busy', 'true')
    const answers = await tried(trouble, answering, () => answersTo(picture, current, answering))
    if (answering.aborted) return
    shown.removeAttribute('aria-busy')
    render((until) => (answers ? cardsOf(picture, current, answers, until) : []))
  }

  /** @param {AbortSignal} answering */
  async function learnStops(answering) {
    const ofOwner = picture.kind === undefined ? '' : current['owner']
    const given = queryOf({ owner: ofOwner, kind: picture.kind, limit: MAX_STOPS })
    if (answering.aborted || stopsOf === given) return
    const found = await tried(timeTrouble, answering, () => ask(`v1/queries/recorded_instants${given}`, answering))
    if (!found) return
    stopsOf = given
    slider.offer(found.data.map((/** @type {{ readonly recordedAt: string }} */ { recordedAt }) => recordedAt))
    slider.stand(current['asOf'])
  }

  /** @param {(until: AbortSignal) => readonly HTMLElement[]} content Until then it is seen. */
  function render(content) {
    drawn.abort()
    drawn = new AbortController()
    fill(shown, content(drawn.signal))
  }

  return { tabs, trouble, body, start, show }
}

/** What pictures have in common goes along. @param {Picture} chosen @param {Query} query */
const tabLinks = (chosen, query) =>
  pictures.map(({ name, label, filters }) => {
    const along = Object.fromEntries([...filters, { name: 'asOf' }].map((filter) => [filter.name, query[filter.name]]))
    return h('a', { href: hrefOf('pictures', name, along), 'aria-current': name === chosen.name && 'page' }, label)
  })

/** @param {Picture} picture @param {Query} query @param {AbortSignal} signal @returns {Promise<readonly Rows[]>} */
const answersTo = (picture, query, signal) =>
  Promise.all(picture.questions(query).map(([name, given]) => ask(`v1/queries/${name}${queryOf(given)}`, signal)))

/** @param {Picture} picture @param {Query} query @param {readonly Rows[]} answers @param {AbortSignal} until */
function cardsOf(picture, query, answers, until) {
  const figures = picture.figures(answers, query)
  if (figures.length === 0) return [nothing(emptyText(query))]
  return [
    ...figures.map((figure) => figureCard(figure, until)),
    ...(answers.some(({ hasMore }) => hasMore) ? [h('p', { class: 'hint' }, 'There is more than is shown: choose less.')] : []),
  ]
}

/** @param {Query} query @param {string | undefined} asOf @returns {Query} */
const withTime = ({ asOf: _, ...query }, asOf) => (asOf === undefined ? query : { ...query, asOf })

/** @param {string} text */
const nothing = (text) => h('div', { class: 'card empty' }, h('p', {}, text))

/** @param {Query} query */
function emptyText({ asOf, ...filters }) {
  const what = Object.values(filters).some(Boolean) ? ' with these filters' : ''
  return asOf ? `At ${textOf(asOf)} there was nothing to show yet${what}.` : `There is nothing to show yet${what}.`
}
