/**
 * The sign of the product in a tab: the two doors of a lock, seen from above. Served at /icon.svg.
 */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="6" fill="#0b3d66"/>
<path d="M5 7h4l8 9-8 9H5l8-9zm10 0h4l8 9-8 9h-4l8-9z" fill="#fff"/>
</svg>
`;
