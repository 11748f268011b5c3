// Figures side by side: a column each, above zero in one colour, below in another.
import { heightOf } from '../decimal.js'
import { axisOf, exactly, heights } from './chart.js'

/** @import {Drawing} from './chart.js' */

/** More would be too thin to be told apart. */
export const MAX_COLUMNS = 40
const ABOUT_CHARACTER_PX = 7
const MAX_UPRIGHT_CHARACTERS = 30
const MAX_NAME_CHARACTERS = 16

/**
 * @param {string} what Of which the figures are.
 * @param {string} unit
 * @param {readonly { readonly name: string, readonly text: string | undefined, readonly height?: number | null }[]} columns `text` is the figure as it is; it is drawn as high, unless another height is said.
 * @returns {Drawing}
 */
export function columnChart(what, unit, columns) {
  const shown = columns.slice(0, MAX_COLUMNS)
  const names = shown.map(({ name }) => (name.length > MAX_NAME_CHARACTERS ? `${name.slice(0, MAX_NAME_CHARACTERS - 1)}…` : name))
  const values = shown.map(({ text, height = heightOf(text) }) => height)
  const lies = names.join('').length > MAX_UPRIGHT_CHARACTERS
  return (colours, library) => {
    const bars = library.paths.bars?.({
      size: [0.7, 56],
      disp: { fill: { unit: 3, values: () => values.map((value) => ((value ?? 0) < 0 ? colours.second : colours.first)) } },
    })
    return {
      options: {
        scales: {
          x: { time: false, range: () => [-0.5, shown.length - 0.5] },
          y: { range: (_, low, high) => library.rangeNum(Math.min(low ?? 0, 0), Math.max(high ?? 0, 0) || (low ? 0 : 1), 0.1, true) },
        },
        series: [
          { label: what, value: exactly(shown.map(({ name }) => name)) },
          {
            label: unit,
            value: exactly(shown.map(({ text }) => text)),
            width: 0,
            points: { show: false },
            stroke: colours.first,
            fill: colours.first,
            ...(bars && { paths: bars }),
          },
        ],
        axes: [
          axisOf(colours, {
            grid: { show: false },
            splits: () => names.map((_, n) => n),
            values: () => names,
            ...(lies && { rotate: -45, size: 24 + Math.max(...names.map(({ length }) => length)) * ABOUT_CHARACTER_PX * 0.72 }),
          }),
          axisOf(colours, heights),
        ],
        cursor: { y: false, points: { show: false } },
      },
      data: [shown.map((_, n) => n), values],
    }
  }
}
