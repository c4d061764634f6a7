package com.acme.plugins;

import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/** Fault 7: every deployment leaves its class loader behind, because an instance of it stays in a list. */
public final class PluginManager {
    private static final List<Runnable> HISTORY = new ArrayList<>();

    private PluginManager() {}

    public static void deploy(int times, int rows) throws Exception {
        for (int i = 0; i < times; i++) {
            Class<?> plugin = new PluginLoader().loadClass("com.acme.plugins.ReportPlugin");
            Runnable instance = (Runnable) plugin.getConstructor(int.class).newInstance(rows);
            instance.run();
            HISTORY.add(instance);
        }
    }

    /** Loads the plugin's classes itself instead of asking its parent. */
    private static final class PluginLoader extends ClassLoader {
        PluginLoader() {
            super(PluginManager.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith("com.acme.plugins.Report")) {
                return super.loadClass(name, resolve);
            }
            Class<?> loaded = findLoadedClass(name);
            if (loaded != null) {
                return loaded;
            }
            try (InputStream in = getResourceAsStream("/" + name.replace('.', '/') + ".class")) {
                byte[] code = in.readAllBytes();
                return defineClass(name, code, 0, code.length);
            } catch (java.io.IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }

        @Override
        public InputStream getResourceAsStream(String name) {
            return PluginManager.class.getResourceAsStream(name);
        }
    }
}
