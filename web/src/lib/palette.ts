/** The command palette is loaded when it is first asked for; whoever asks only fires this event. */
export const paletteEvent = 'signalbox:palette';

export const openPalette = (): void => {
  window.dispatchEvent(new Event(paletteEvent));
};
