// Pictures of what the analytics answer, each as it was known at any instant. The address says all of what is shown.
import { ask } from '../api.js'
import { fill, h } from '../h.js'
import { bindKey } from '../keys.js'
import { asOfSlider } from '../parts/as-of.js'
import { figureCard } from '../parts/figure.js'
import { choice, fieldsOf, filtersForm, textFilter } from '../parts/filters.js'
import { pictures } from '../pictures/all.js'
import { go, hrefOf, queryOf } from '../router.js'
import { whoIs } from '../session.js'
import { textOf, toInstant } from '../time.js'
import { tried } from '../trouble.js'

/** @import {Context, Figure, Page, Picture, Query, Rows} from '../types.ts' */

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
      pictureTabs(picture, query),
      h('p', { class: 'explained' }, picture.explained),
      view.content,
    )
    void view.start(query)
    return (next) => void view.show(next.query)
  },
}

/** What pictures have in common goes along. @param {Picture} chosen @param {Query} query */
const pictureTabs = (chosen, { owner, asOf }) =>
  h(
    'nav',
    { class: 'tabs', 'aria-label': 'Pictures' },
    pictures.map(({ name, label }) =>
      h('a', { href: hrefOf('pictures', name, { owner, asOf }), 'aria-current': name === chosen.name && 'page' }, label),
    ),
  )

/** @param {Picture} picture @param {Context} context */
function pictureView(picture, { signal }) {
  const [trouble, shown] = [h('div'), h('div', { class: 'pictures' })]
  const to = (/** @type {Query} */ query, replace = false) => go(hrefOf('pictures', picture.name, query), { replace })
  /** @type {Query} */
  let current = {}
  const slider = asOfSlider((asOf) => to(withTime(current, asOf), true))
  bindKey('[', 'previous instant', signal, () => slider.step(-1))
  bindKey(']', 'next instant', signal, () => slider.step(1))
  const filters = [...picture.filters, { name: 'asOf', label: 'known at', isTime: true }]
  const isTime = (/** @type {string} */ name) => filters.some((filter) => filter.name === name && filter.isTime)
  const form = filtersForm(
    filters.map(({ name, label, values }) =>
      values ? choice(name, values) : textFilter(name, label, '', name === 'asOf' ? 'now' : 'any'),
    ),
    {
      label: 'Show',
      clear: hrefOf('pictures', picture.name),
      ask: (given) => to(Object.fromEntries(Object.entries(given).map(([name, text]) => [name, isTime(name) ? toInstant(text) : text]))),
    },
  )
  const body = h('div', { hidden: true }, form, slider.element, shown)

  let [asking, drawn] = [new AbortController(), new AbortController()]
  signal.addEventListener('abort', () => drawn.abort())
  /** Whose stops the slider has. @type {string | undefined} */
  let stopsOf

  /** @param {Query} query */
  async function start(query) {
    const known = await tried(trouble, signal, () => ask('v1/queries', signal))
    if (!known) return
    if (known.sinks.length === 0) return fill(trouble, noAnalytics())
    body.hidden = false
    await show(query)
  }

  /** @param {Query} query */
  async function show(query) {
    asking.abort()
    asking = new AbortController()
    current = { owner: whoIs()?.ownOnly ?? '', ...query }
    for (const field of fieldsOf(form)) field.value = isTime(field.name) ? textOf(current[field.name] ?? '') : (current[field.name] ?? '')
    slider.stand(current['asOf'])
    if (picture.needs !== undefined && !current[picture.needs]) return render(() => [nothing(`Choose an ${picture.needs}.`)])
    const answering = AbortSignal.any([signal, asking.signal])
    shown.setAttribute('aria-busy', 'true')
    const answers = await tried(trouble, answering, () => answersTo(picture, current, answering))
    if (answering.aborted) return
    shown.removeAttribute('aria-busy')
    const figures = answers && picture.figures(answers)
    render((until) => (figures ? cards(figures, answers, until) : []))
    await learnStops(answering)
  }

  /** @param {AbortSignal} answering */
  async function learnStops(answering) {
    const given = queryOf({
      owner: picture.filters.some(({ name }) => name === 'owner') ? current['owner'] : '',
      kind: picture.kind,
      limit: 1_000,
    })
    if (stopsOf === given) return
    const found = await tried(trouble, answering, () => ask(`v1/queries/recorded_instants${given}`, answering))
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

  /** @param {readonly Figure[]} figures @param {readonly Rows[]} answers @param {AbortSignal} until */
  const cards = (figures, answers, until) =>
    figures.length === 0
      ? [nothing(emptyText(current))]
      : [
          ...figures.map((figure) => figureCard(figure, until)),
          ...(answers.some(({ hasMore }) => hasMore) ? [h('p', { class: 'hint' }, 'There is more than is shown: choose less.')] : []),
        ]

  return { content: [trouble, body], start, show }
}

/** @param {Picture} picture @param {Query} query @param {AbortSignal} signal @returns {Promise<readonly Rows[]>} */
const answersTo = (picture, query, signal) =>
  Promise.all(picture.questions(query).map(([name, given]) => ask(`v1/queries/${name}${queryOf(given)}`, signal)))

/** @param {Query} query @param {string | undefined} asOf @returns {Query} */
const withTime = ({ asOf: _, ...query }, asOf) => (asOf === undefined ? query : { ...query, asOf })

/** @param {string} text */
const nothing = (text) => h('div', { class: 'card empty' }, h('p', {}, text))

/** @param {Query} query */
const emptyText = ({ asOf, ...query }) =>
  [
    asOf === undefined ? 'There is nothing to show' : `There was nothing to show at ${textOf(asOf)}`,
    Object.values(query).some(Boolean) ? ' with these filters' : ' yet',
    '.',
  ].join('')

const noAnalytics = () =>
  h(
    'div',
    { class: 'card empty' },
    h('p', {}, 'There are no analytics here: this server has no sink that answers queries.'),
    h('p', { class: 'hint' }, 'Ask a server that keeps some.'),
  )
