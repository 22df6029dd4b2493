/** How wide the card of a character shows its portrait. */
export const portraitSizes = "(max-width: 40rem) 92vw, 20rem";
