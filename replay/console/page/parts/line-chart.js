// Figures over days: lines, filled down to zero where it is asked.
import { axisOf, exactly, heights, overTime, times } from './chart.js'

/** @import {Drawing} from './chart.js' */

const FILL_SHARE = '22%'

/**
 * @typedef {object} Line
 * @property {string} name
 * @property {readonly string[]} texts As the figures are,
 * @property {readonly (number | null)[]} heights and where they are drawn.
 * @property {boolean} [filled]
 */

/**
 * @param {readonly string[]} days
 * @param {readonly [Line, Line]} lines
 * @returns {Drawing}
 */
export const lineChart = (days, lines) => (colours) => ({
  options: {
    ...overTime,
    scales: { x: { time: true } },
    series: [
      { label: 'day', value: exactly(days) },
      ...lines.map((line, n) => {
        const stroke = n === 0 ? colours.first : colours.second
        return {
          label: line.name,
          stroke,
          width: 2,
          value: exactly(line.texts),
          ...(line.filled && { fill: `color-mix(in srgb, ${stroke} ${FILL_SHARE}, transparent)` }),
        }
      }),
    ],
    axes: [axisOf(colours, times), axisOf(colours, heights)],
  },
  data: [days.map((day) => Date.parse(day) / 1_000), ...lines.map((line) => [...line.heights])],
})
