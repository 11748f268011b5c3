// A chart in its place: as wide as that, in the colours of the theme, gone with the signal. It is a picture to those who see it; the others are told its label, and have the table beside it.
import { h } from '../h.js'
import { themeChanged } from '../theme.js'

/** @import uPlot from '../lib/uplot.js' */
/** @import {Colours} from '../types.ts' */

const HEIGHT_PX = 260
const FONT = '12px system-ui, sans-serif'
const ABOUT_CHARACTER_PX = 7
const AXIS_GAP_PX = 18

/**
 * @typedef {(colours: Colours, library: typeof uPlot) => { readonly options: Omit<uPlot.Options, 'width' | 'height'>, readonly data: uPlot.AlignedData }} Drawing
 */

/**
 * @param {string} label
 * @param {Drawing} drawing
 * @param {AbortSignal} signal
 */
export function chart(label, drawing, signal) {
  const place = h('div', { class: 'chart', role: 'img', 'aria-label': label })
  void draw(place, drawing, signal)
  return place
}

/** @param {HTMLElement} place @param {Drawing} drawing @param {AbortSignal} signal */
async function draw(place, drawing, signal) {
  // loaded with the first picture
  const { default: library } = await import('../lib/uplot.js')
  if (signal.aborted) return
  const size = () => ({ width: place.clientWidth, height: HEIGHT_PX })
  const make = () => {
    const { options, data } = drawing(coloursOf(place), library)
    return new library({ ...options, ...size() }, data, place)
  }
  let plot = make()
  const widths = new ResizeObserver(() => place.clientWidth !== plot.width && plot.setSize(size()))
  widths.observe(place)
  const again = () => {
    plot.destroy()
    plot = make()
  }
  themeChanged.addEventListener('change', again, { signal })
  signal.addEventListener('abort', () => {
    widths.disconnect()
    plot.destroy()
  })
}

/** What the theme calls its colours, as a canvas takes them. @param {HTMLElement} place @returns {Colours} */
function coloursOf(place) {
  const probe = place.appendChild(h('span'))
  const of = (/** @type {string} */ name) => {
    probe.style.color = `var(--${name})`
    return getComputedStyle(probe).color
  }
  const colours = { first: of('first'), second: of('second'), text: of('dim'), line: of('line'), surface: of('surface') }
  probe.remove()
  return colours
}

/**
 * An axis; the one of heights is as wide as its figures.
 * @param {Colours} colours
 * @param {uPlot.Axis} axis
 * @returns {uPlot.Axis}
 */
export const axisOf = ({ text, line }, axis = {}) => ({
  stroke: text,
  font: FONT,
  grid: { stroke: line, width: 1 },
  ticks: { stroke: line, width: 1 },
  ...axis,
})

/** @type {uPlot.Axis} */
export const heights = {
  size: (_, values) => Math.max(...(values ?? ['']).map((value) => value.length)) * ABOUT_CHARACTER_PX + AXIS_GAP_PX,
}

const DAY_SECONDS = 86_400
const LONG_SECONDS = 3 * DAY_SECONDS

/** Times, in UTC: days, or what of a day it is where there are a few only. @type {uPlot.Axis} */
export const times = {
  space: 90,
  values: (_, splits) => {
    const isLong = (splits.at(-1) ?? 0) - (splits[0] ?? 0) > LONG_SECONDS
    return splits.map((seconds) => {
      const text = new Date(seconds * 1_000).toISOString()
      return isLong || seconds % DAY_SECONDS === 0 ? text.slice(0, 10) : text.slice(11, 16)
    })
  },
}

/** Of a picture over time: midnight is that of UTC, and there is room for half of the last day's name. @type {Pick<uPlot.Options, 'tzDate' | 'padding'> & { readonly ms: 1e-3 }} */
export const overTime = {
  ms: 1e-3,
  padding: [null, 36, null, null],
  tzDate: (seconds) => {
    const date = new Date(seconds * 1_000)
    return new Date(date.getTime() + date.getTimezoneOffset() * 60_000)
  },
}

/** What the legend says of a point: the figure as it is, not as it is drawn. @param {readonly (string | undefined)[]} texts @returns {(plot: uPlot, value: number, series: number, index: number | null) => string} */
export const exactly = (texts) => (_plot, _value, _series, index) => (index === null ? '' : (texts[index] ?? ''))
