"""An X display of its own (Xvfb, openbox), and what can be seen on it: windows, and whether something is painted in them.

The same eyes for every program: the screen is read again and again, and a window counts as painted once it shows more than
a handful of colours. Only libX11 is used, through ctypes."""

import ctypes
import os
import subprocess
import time

COLOURS = 12

x11 = ctypes.CDLL("libX11.so.6")
Window = ctypes.c_ulong
HANDLER = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)


class XImage(ctypes.Structure):
    """The beginning of Xlib's struct, as far as it is read here."""

    _fields_ = [("width", ctypes.c_int), ("height", ctypes.c_int), ("xoffset", ctypes.c_int), ("format", ctypes.c_int),
                ("data", ctypes.POINTER(ctypes.c_char)), ("byte_order", ctypes.c_int), ("bitmap_unit", ctypes.c_int),
                ("bitmap_bit_order", ctypes.c_int), ("bitmap_pad", ctypes.c_int), ("depth", ctypes.c_int),
                ("bytes_per_line", ctypes.c_int)]


x11.XOpenDisplay.restype = ctypes.c_void_p
x11.XGetImage.restype = ctypes.POINTER(XImage)
x11.XGetImage.argtypes = [ctypes.c_void_p, Window, ctypes.c_int, ctypes.c_int, ctypes.c_uint, ctypes.c_uint, ctypes.c_ulong,
                          ctypes.c_int]
x11.XDestroyImage.argtypes = [ctypes.POINTER(XImage)]
x11.XDefaultRootWindow.restype = Window
x11.XDefaultRootWindow.argtypes = [ctypes.c_void_p]
x11.XInternAtom.restype = ctypes.c_ulong
x11.XInternAtom.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
x11.XIconifyWindow.argtypes = [ctypes.c_void_p, Window, ctypes.c_int]
x11.XSetWindowBackground.argtypes = [ctypes.c_void_p, Window, ctypes.c_ulong]
x11.XClearWindow.argtypes = [ctypes.c_void_p, Window]
x11.XFlush.argtypes = [ctypes.c_void_p]
x11.XFree.argtypes = [ctypes.c_void_p]
x11.XGetWindowProperty.argtypes = [ctypes.c_void_p, Window, ctypes.c_ulong, ctypes.c_long, ctypes.c_long, ctypes.c_int,
                                   ctypes.c_ulong] + [ctypes.c_void_p] * 5
x11.XGetGeometry.argtypes = [ctypes.c_void_p, Window] + [ctypes.c_void_p] * 7
x11.XTranslateCoordinates.argtypes = [ctypes.c_void_p, Window, Window, ctypes.c_int, ctypes.c_int] + [ctypes.c_void_p] * 3
# A window may go while it is looked at: that is no reason to end.
ignore = HANDLER(lambda display, event: 0)
x11.XSetErrorHandler(ignore)


class Screen:
    """The display and its window manager; `close` ends both."""

    def __init__(self, width=1280, height=800):
        self.width, self.height = width, height
        read, write = os.pipe()
        self.server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp"],
            pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(write)
        self.name = ":" + os.read(read, 16).decode().strip()
        self.display = x11.XOpenDisplay(self.name.encode())
        if not self.display:
            raise SystemExit("Xvfb does not answer")
        self.root = x11.XDefaultRootWindow(self.display)
        self.list = x11.XInternAtom(self.display, b"_NET_CLIENT_LIST", 0)
        self.manager = subprocess.Popen(["openbox", "--sm-disable"], env={**os.environ, "DISPLAY": self.name},
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 10
        supported = x11.XInternAtom(self.display, b"_NET_SUPPORTING_WM_CHECK", 0)
        while not self.property(supported) and time.monotonic() < end:
            time.sleep(0.02)

    def close(self):
        for process in (self.manager, self.server):
            process.terminate()
            process.wait()

    def property(self, atom):
        kind, form, count, rest = ctypes.c_ulong(), ctypes.c_int(), ctypes.c_ulong(), ctypes.c_ulong()
        data = ctypes.POINTER(ctypes.c_ulong)()
        failed = x11.XGetWindowProperty(self.display, self.root, atom, 0, 256, 0, 0, ctypes.byref(kind), ctypes.byref(form),
                                        ctypes.byref(count), ctypes.byref(rest), ctypes.byref(data))
        if failed or not data:
            return []
        values = data[:count.value]
        x11.XFree(data)
        return values

    def windows(self):
        """What the window manager has taken in, oldest first."""
        return self.property(self.list)

    def area(self, window):
        """(x, y, width, height) on the screen, cut to it; None when it is gone or empty."""
        root, border, depth = Window(), ctypes.c_uint(), ctypes.c_uint()
        x, y, width, height = ctypes.c_int(), ctypes.c_int(), ctypes.c_uint(), ctypes.c_uint()
        if not x11.XGetGeometry(self.display, window, *map(ctypes.byref, (root, x, y, width, height, border, depth))):
            return None
        child = Window()
        x11.XTranslateCoordinates(self.display, window, self.root, 0, 0, *map(ctypes.byref, (x, y, child)))
        left, top = max(x.value, 0), max(y.value, 0)
        right, bottom = min(x.value + width.value, self.width), min(y.value + height.value, self.height)
        return (left, top, right - left, bottom - top) if right > left and bottom > top else None

    def picture(self, area):
        """The pixels there, four bytes each."""
        image = x11.XGetImage(self.display, self.root, *area, 0xFFFFFF, 2)
        if not image:
            return b""
        data = ctypes.string_at(image.contents.data, image.contents.bytes_per_line * image.contents.height)
        x11.XDestroyImage(image)
        return data

    def is_painted(self, window):
        """Whether its area shows more than a handful of colours."""
        area = self.area(window)
        if not area:
            return False
        pixels = memoryview(self.picture(area)).cast("I")
        return len(set(pixels[::3])) > COLOURS

    def wait_painted(self, before, deadline=60):
        """The first window that is not among `before` and is painted, or None."""
        end = time.monotonic() + deadline
        while time.monotonic() < end:
            for window in self.windows():
                if window not in before and self.is_painted(window):
                    return window
            time.sleep(0.003)
        return None

    def changes(self, area, seconds, still, ready=lambda: True):
        """When the picture there changed (monotonic seconds): for so long, or until it is `ready` and was still so long."""
        begun = last = time.monotonic()
        seen, found = None, []
        while (now := time.monotonic()) < begun + seconds:
            picture = self.picture(area)
            if picture != seen:
                if seen is not None:
                    found.append(time.monotonic())
                seen, last = picture, now
            elif now > last + still and ready():
                break
            time.sleep(0.002)
        return found

    def paint(self, colour):
        """Gives the ground behind the windows one colour, 0xRRGGBB."""
        x11.XSetWindowBackground(self.display, self.root, colour)
        x11.XClearWindow(self.display, self.root)
        x11.XFlush(self.display)

    def minimise(self, window):
        x11.XIconifyWindow(self.display, window, 0)
        x11.XFlush(self.display)
