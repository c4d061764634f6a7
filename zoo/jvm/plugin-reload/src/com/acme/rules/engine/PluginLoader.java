package com.acme.rules.engine;

import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;

/** Loads one version of a plugin, apart from all others. */
final class PluginLoader extends URLClassLoader {
    private final int version;

    PluginLoader(Path folder, int version) throws MalformedURLException {
        super(new URL[] {folder.toUri().toURL()}, PluginLoader.class.getClassLoader());
        this.version = version;
    }

    Rules rules(String type) throws ReflectiveOperationException {
        return (Rules) loadClass(type).getDeclaredConstructor().newInstance();
    }

    @Override
    public String toString() {
        return "plugin version " + version;
    }
}
