#!/bin/sh
# Makes the fonts of the golden pictures anew: the letters that the windows and the tests show, out of the fonts of
# Debian 12 (fonts-noto-cjk, fonts-noto-color-emoji: SIL Open Font License 1.1; fonts-dejavu-core: Bitstream Vera licence).
# Needs fonttools. Run it where it stands; then `BLESS=1 cargo test -p qq-slint pictures`.
set -e
cd "$(dirname "$0")"
letters=$(mktemp)
cat ../../ui/lang/zh_CN/LC_MESSAGES/qq-slint-ui.po ../../ui/windows/*.slint ../../ui/windows/*/*.slint ../../ui/*.slint ../../src/*.rs ../../src/pictures/*.rs > "$letters"
LC_ALL=C.UTF-8 printf '%s' '国☺…·•—–「」『』（），。！？：；、《》“”‘’×÷→←↑↓✓ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789äöüßéèñ' >> "$letters"
noto=/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc
number=2 # Noto Sans CJK SC in the collection
subset() { /usr/bin/python3 -m fontTools.subset "$@" --no-hinting --desubroutinize --name-IDs='*' --notdef-outline; }
subset "$noto" --font-number="$number" --text-file="$letters" --layout-features='' --output-file=cjk.otf
subset /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf --text='مرحبا شكرا السلام عليكم أهلا ' --layout-features='*' --output-file=arabic.ttf
subset /usr/share/fonts/truetype/noto/NotoColorEmoji.ttf --text='👍🎉🦆❤️👨‍👩‍👧‍👦🇩🇪👍🏽😀😃😄😁😆😅🤣😂🙂🙃🫠😉😊😇🥰😍🤩😘😗☺️😚😙🥲😋😛😜🤪😝🤑🤗🤭🫢🫣🤫🤔🫡🤐🤨😐😑' --output-file=emoji.ttf
rm "$letters"
ls -l
