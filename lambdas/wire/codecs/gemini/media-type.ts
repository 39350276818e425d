const byExtension: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  heic: 'image/heic',
  heif: 'image/heif',
  pdf: 'application/pdf',
  txt: 'text/plain',
  html: 'text/html',
  csv: 'text/csv',
  mp3: 'audio/mp3',
  wav: 'audio/wav',
  mp4: 'video/mp4',
  webm: 'video/webm',
  mov: 'video/quicktime',
};

/** What the path's extension says; `undefined` where it says nothing. A YouTube link is a video. */
export function mediaTypeOfUrl(url: string): string | undefined {
  if (/^https:\/\/(?:www\.)?(?:youtube\.com\/watch|youtu\.be\/)/.test(url)) return 'video/mp4';
  const [path = ''] = url.split(/[?#]/, 1);
  const extension = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(byExtension, extension) ? byExtension[extension] : undefined;
}
