/** The files of the page that `serve` shows. This module and the program that it is bundled into lie in one folder. */
export const pageFolder = new URL('./page/', import.meta.url);
