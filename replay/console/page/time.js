// Instants, shown in UTC with all their microseconds. A Date holds milliseconds only, so it never carries one: it helps to say what the local time is, no more.
import { h } from './h.js'

const INSTANT = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)\.(\d{6})Z$/

/** @param {string} instant */
export const textOf = (instant) => instant.replace(INSTANT, '$1 $2.$3')

const local = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })
const zone = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'longOffset' })

/** The same in the reader's own zone. @param {string} instant */
export function localText(instant) {
  const [, , , micros = ''] = INSTANT.exec(instant) ?? []
  const date = new Date(instant)
  const offset = zone.formatToParts(date).find(({ type }) => type === 'timeZoneName')?.value
  return `${local.format(date)}.${micros} local time (${offset})`
}

/** @param {string} instant */
export function timeElement(instant) {
  const [, date, time, micros] = INSTANT.exec(instant) ?? []
  if (date === undefined) return h('time', {}, instant)
  return h(
    'time',
    { datetime: instant, title: localText(instant) },
    h('span', { class: 'date' }, date),
    ' ',
    h('span', { class: 'clock' }, time),
    h('span', { class: 'micros' }, `.${micros}`),
  )
}

/** To compare instants, however they are written: what no Date can hold is added. @param {string} instant */
export function microsOf(instant) {
  const [, fraction = ''] = /\.(\d+)/.exec(instant) ?? []
  return BigInt(Date.parse(instant.replace(/\.\d+/, '')) || 0) * 1_000n + BigInt(fraction.padEnd(6, '0').slice(0, 6))
}

/**
 * What people type for a time (`2026-01-05 14:30`) as RFC 3339, in UTC unless they say otherwise. What is no time is left as it is, for the server to refuse.
 * @param {string} typed
 */
export function toInstant(typed) {
  const [, date, time, fraction = '', zone = 'Z'] =
    /^(\d{4}-\d\d-\d\d)(?:[T ]+(\d\d:\d\d(?::\d\d)?)(\.\d+)?)? *(Z|UTC|[+-]\d\d:\d\d)?$/i.exec(typed.trim()) ?? []
  if (date === undefined) return typed.trim()
  const clock = time === undefined ? '00:00:00' : time.length === 5 ? `${time}:00` : time
  return `${date}T${clock}${fraction}${zone.toUpperCase().replace('UTC', 'Z')}`
}
