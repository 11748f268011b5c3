// Entities of a kind, by pages, filtered as the list's route can: as they are, or with an owner as they were.
import { ask } from '../api.js'
import { fill, h } from '../h.js'
import { columnsOf } from '../parts/columns.js'
import { choice, filtersForm, textFilter } from '../parts/filters.js'
import { dataTable } from '../parts/table.js'
import { entityLink, isNumeric, scalar } from '../parts/value.js'
import { go, hrefOf, queryOf } from '../router.js'
import { whoIs } from '../session.js'
import { timeElement, toInstant } from '../time.js'
import { tried } from '../trouble.js'

/** @import {ConsoleKind, Context, Page, Query, VersionRecord} from '../types.ts' */

const PAGE_ENTITIES = 50

/** @type {Page} */
export const findPage = {
  name: 'find',
  label: 'Entities',
  open(place, { query }, { signal, kinds }) {
    const kind = kinds.find((one) => one.kind === query['kind']) ?? kinds[0]
    if (kind === undefined) return fill(place, h('h1', {}, 'This ledger has no kinds'))
    const { kind: _, owner = whoIs()?.ownOnly ?? '', ...rest } = query
    const question = { owner, ...rest }
    const [trouble, list] = [h('div'), h('div')]
    fill(place, h('h1', { tabindex: '-1' }, 'Entities'), kindTabs(kinds, kind, owner), filterForm(kind, question), trouble, list)
    void showList({ trouble, list }, kind, question, { signal, kinds })
  },
}

/** @param {readonly ConsoleKind[]} kinds @param {ConsoleKind} chosen @param {string} owner */
const kindTabs = (kinds, chosen, owner) =>
  h(
    'nav',
    { class: 'tabs', 'aria-label': 'Kinds' },
    kinds.map(({ kind, plural }) =>
      h('a', { href: hrefOf('find', '', { kind, owner }), 'aria-current': kind === chosen.kind && 'page' }, plural),
    ),
  )

/** @param {ConsoleKind} kind @param {Query} query */
const filterForm = ({ kind, filters }, query) =>
  filtersForm(
    [
      textFilter('owner', 'owner', query['owner']),
      ...filters.map(({ name, values }) => (values ? choice(name, values, query[name]) : textFilter(name, name, query[name]))),
      textFilter('asOf', 'known at', query['asOf'], 'now'),
    ],
    {
      label: 'Filter',
      clear: hrefOf('find', '', { kind }),
      ask: (given) => go(hrefOf('find', '', { kind, ...given, asOf: toInstant(given['asOf'] ?? '') })),
    },
  )

/**
 * @param {{ readonly trouble: HTMLElement, readonly list: HTMLElement }} places
 * @param {ConsoleKind} kind
 * @param {Query} query
 * @param {Context} context
 */
async function showList({ trouble, list }, kind, query, { signal, kinds }) {
  const page = await tried(trouble, signal, () => ask(`v1/${kind.plural}${queryOf({ ...query, limit: PAGE_ENTITIES })}`, signal))
  if (!page) return
  /** @type {readonly VersionRecord[]} */
  const rows = page.data
  // a page that the filters left empty may have others after it
  if (rows.length === 0 && page.next === null) return fill(list, emptyList(kind, query))
  const look = { kinds: kinds.map((one) => one.kind), asOf: query['asOf'] }
  const columns = columnsOf(kind, rows).map((name) => ({
    label: name,
    kind: 'short',
    numeric: rows.every(({ state }) => isNumeric(state[name])),
    cell: (/** @type {VersionRecord} */ { state }) => scalar(state[name], look),
  }))
  const table = dataTable(
    kind.plural,
    [
      { label: kind.kind, cell: ({ entityId }) => entityLink(entityId, query['asOf']) },
      ...columns,
      { label: 'version', numeric: true, cell: ({ version }) => version },
      { label: 'recorded', kind: 'when', cell: ({ recordedAt }) => timeElement(recordedAt) },
    ],
    rows,
    'entities',
  )
  fill(list, h('div', { class: 'card sheet' }, table), pageLinks(kind.kind, query, rows.length, page.next))
}

/** @param {string} kind @param {Query} query @param {number} count @param {string | null} next */
function pageLinks(kind, { cursor, ...query }, count, next) {
  return h(
    'nav',
    { class: 'pager', 'aria-label': 'List' },
    cursor !== undefined && h('a', { class: 'button quiet', href: hrefOf('find', '', { kind, ...query }) }, 'First page'),
    h('span', { class: 'hint' }, next === null && cursor === undefined ? `${count} in all` : `${count} on this page`),
    next !== null && h('a', { class: 'button', href: hrefOf('find', '', { kind, ...query, cursor: next }) }, 'Next page'),
  )
}

/** @param {ConsoleKind} kind @param {Query} query */
const emptyList = ({ kind, plural, example }, query) =>
  h(
    'div',
    { class: 'card empty' },
    h('p', {}, Object.values(query).some(Boolean) ? `No ${plural} match these filters.` : `There are no ${plural} yet.`),
    h('p', { class: 'hint' }, `An id is kind:owner:local${example === undefined ? '' : `, e.g. ${example}`}.`),
    Object.values(query).some(Boolean) && h('p', {}, h('a', { href: hrefOf('find', '', { kind }) }, `All ${plural}`)),
  )
