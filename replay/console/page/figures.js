// Figures as people read them.

const KIBIBYTE = 1024
const SECONDS_OF = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
]

/** How long: tenths while they tell something. @param {number} seconds */
export const howLong = (seconds) => (seconds < 60 ? `${number(Math.round(seconds * 10) / 10)} s` : duration(seconds))

/**
 * With as many decimals as tell something.
 * @template {number | undefined} Value
 * @param {Value} value
 */
export const number = (value) => value?.toLocaleString('en-GB', { maximumFractionDigits: value < 10 ? 2 : 0 })

/** @param {number | undefined} bytes */
export function size(bytes) {
  if (bytes === undefined) return undefined
  const kibibytes = bytes / KIBIBYTE
  return kibibytes < KIBIBYTE ? `${number(kibibytes)} KiB` : `${number(kibibytes / KIBIBYTE)} MiB`
}

/** `2 h 5 min`: the two largest units. @param {number} seconds */
export function duration(seconds) {
  const parts = SECONDS_OF.map(([unit, of], n) => [
    unit,
    Math.floor((n === 0 ? seconds : seconds % Number(SECONDS_OF[n - 1]?.[1])) / Number(of)),
  ])
  const first = parts.findIndex(([, count]) => Number(count) > 0)
  return first < 0
    ? '0 s'
    : parts
        .slice(first, first + 2)
        .map(([unit, count]) => `${count} ${unit}`)
        .join(' ')
}
