// The address bar: which page, of which entity, and with which question, so that a link shows others the same. It stands behind the #, so no server's log has it.

/** @import {Query, Route} from './types.ts' */

const HASH = /^#\/([a-z-]*)(?:\/([^?]*))?(?:\?(.*))?$/

/**
 * Undefined: it is no address of the console's.
 * @param {string} hash
 * @returns {Route | undefined}
 */
export function routeOf(hash) {
  const [whole, page = '', id = '', query = ''] = HASH.exec(hash) ?? []
  if (whole === undefined) return undefined
  try {
    return { page, id: decodeURIComponent(id), query: Object.fromEntries(new URLSearchParams(query)) }
  } catch {
    return undefined
  }
}

/**
 * The address; what is empty is left out of it.
 * @param {string} page
 * @param {string} [id]
 * @param {Readonly<Record<string, string | number | undefined>>} [query]
 */
export function hrefOf(page, id = '', query = {}) {
  return `#/${page}${id === '' ? '' : `/${part(id)}`}${queryOf(query)}`
}

/**
 * `?a=b`, or nothing where there is nothing to ask.
 * @param {Readonly<Record<string, string | number | undefined>>} query
 */
export function queryOf(query) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '')
  return given.length === 0 ? '' : `?${given.map(([name, value]) => `${part(name)}=${part(String(value))}`).join('&')}`
}

/** Colons and commas are allowed where these stand, and read better as they are. @param {string} text */
const part = (text) => encodeURIComponent(text).replaceAll('%3A', ':').replaceAll('%2C', ',')

/**
 * Goes there; `replace`: the way back leads to before the place that is left.
 * @param {string} href
 * @param {{ readonly replace?: boolean }} [how]
 */
export function go(href, { replace = false } = {}) {
  if (href === location.hash) return
  if (!replace) {
    location.hash = href
    return
  }
  history.replaceState(null, '', href)
  dispatchEvent(new HashChangeEvent('hashchange'))
}
