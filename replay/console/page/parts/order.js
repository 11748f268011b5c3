// The order in which people read the members of an object: that of its kind's schema. What is not in it comes last.

/** @import {ConsoleField} from '../../kinds.ts' */
/** @import {JsonObject, JsonValue} from '../types.ts' */

/**
 * The object's members, in order, each with the fields of its own.
 * @param {JsonObject} object
 * @param {readonly ConsoleField[]} [fields]
 * @returns {readonly (readonly [name: string, value: JsonValue | undefined, fields: readonly ConsoleField[]])[]}
 */
export function ordered(object, fields = []) {
  const place = (/** @type {string} */ name) => {
    const found = fields.findIndex((field) => field.name === name)
    return found < 0 ? fields.length : found
  }
  return Object.entries(object)
    .sort(([a], [b]) => place(a) - place(b))
    .map(([name, value]) => [name, value, fields[place(name)]?.fields ?? []])
}

/**
 * The fields of what a JSON pointer points to.
 * @param {string} pointer
 * @param {readonly ConsoleField[]} fields
 */
export function fieldsAt(pointer, fields) {
  const isIndex = (/** @type {string} */ part) => /^\d+$/.test(part)
  return membersOf(pointer).reduce((at, part) => (isIndex(part) ? at : (at.find(({ name }) => name === part)?.fields ?? [])), fields)
}

/** The parts of a JSON pointer (RFC 6901). @param {string} pointer */
export const membersOf = (pointer) =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
