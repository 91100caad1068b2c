/** Which optional packages there are. */
import { createRequire } from "node:module";

/**
 * Whether a package is installed.
 *
 * @param name - Its name.
 * @returns Whether it is.
 */
export function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(`${name}/package.json`);
    return true;
  } catch (error) {
    // A package that does not show its description is there all the same.
    return (error as NodeJS.ErrnoException).code === "ERR_PACKAGE_PATH_NOT_EXPORTED";
  }
}
