// Light or dark: as the system has it, or as it was chosen here, which this browser remembers.

const KEY = 'strata-theme'
const CHOICES = /** @type {const} */ (['system', 'light', 'dark'])

/** Tells 'change'. */
export const themeChanged = new EventTarget()
const tell = () => themeChanged.dispatchEvent(new Event('change'))

const chosen = () => CHOICES.find((choice) => choice === localStorage.getItem(KEY)) ?? 'system'

/** @param {HTMLElement} button Goes from one to the next. */
export function startTheme(button) {
  const show = () => {
    const theme = chosen()
    if (theme === 'system') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = theme
    button.textContent = `Theme: ${theme}`
    tell()
  }
  button.addEventListener('click', () => {
    localStorage.setItem(KEY, CHOICES[(CHOICES.indexOf(chosen()) + 1) % CHOICES.length] ?? 'system')
    show()
  })
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', tell)
  show()
}
