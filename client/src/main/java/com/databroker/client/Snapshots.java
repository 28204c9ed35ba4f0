package com.databroker.client;

import com.databroker.core.ObjectKey;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Objects as records.
final class Snapshots {
    private static final int DEPTH_MAX = 16;

    private Snapshots() {}

    static <R extends Record> R of(Entity entity, Class<R> type) {
        return of(entity, type, 0);
    }

    private static <R extends Record> R of(Entity entity, Class<R> type, int depth) {
        if (depth > DEPTH_MAX) {
            throw new IllegalArgumentException(
                    "records in records, more than " + DEPTH_MAX + " deep, at " + type.getName());
        }
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] types = new Class<?>[components.length];
        @Nullable Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            types[i] = components[i].getType();
            values[i] = value(entity, components[i], depth);
        }
        try {
            var constructor = type.getDeclaredConstructor(types);
            constructor.trySetAccessible();
            return constructor.newInstance(values);
        } catch (InvocationTargetException refused) {
            throw new IllegalArgumentException(type.getName() + " refuses " + entity, refused.getCause());
        } catch (ReflectiveOperationException notOpen) {
            throw new IllegalArgumentException(type.getName() + " is not open to com.databroker.client", notOpen);
        }
    }

    private static @Nullable Object value(Entity entity, RecordComponent component, int depth) {
        Class<?> type = component.getType();
        if (type == ObjectKey.class && component.getName().equals("objectKey")) {
            return entity.objectKey();
        }
        Object value = entity.get(component.getName());
        if (value instanceof Entity target) {
            if (type == ObjectKey.class) {
                return target.objectKey();
            }
            return type.isRecord() ? of(target, type.asSubclass(Record.class), depth + 1) : target;
        }
        if (value instanceof Many<?> many && type == List.class) {
            Class<?> element =
                    ((ParameterizedType) component.getGenericType()).getActualTypeArguments()[0] instanceof Class<?> its
                            ? its
                            : Object.class;
            List<Object> all = new ArrayList<>();
            many.forEach(one ->
                    all.add(element.isRecord() ? of((Entity) one, element.asSubclass(Record.class), depth + 1) : one));
            return List.copyOf(all);
        }
        return Values.plain(value, Values.box(type));
    }
}
