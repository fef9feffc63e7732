/**
 * A formatter of dates that is made when it is first asked, once: the first one of a process loads
 * the tables of time zones and languages, and making one costs more than what it is asked after.
 */

/** @throws RangeError at its first use for a locale, zone or style that does not exist. */
export function lateFormatter(
  locale: string,
  options: Intl.DateTimeFormatOptions,
): () => Intl.DateTimeFormat {
  let made: Intl.DateTimeFormat | undefined;
  return () => {
    made ??= new Intl.DateTimeFormat(locale, options);
    return made;
  };
}
