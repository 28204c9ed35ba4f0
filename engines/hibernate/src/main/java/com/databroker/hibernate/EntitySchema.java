package com.databroker.hibernate;

import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectTypes;
import com.databroker.core.ObjectTypes.Kind;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.objects.spi.StoreOverlay;
import java.lang.annotation.Annotation;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.hibernate.dialect.PostgreSQLDialect;
import org.hibernate.engine.spi.SessionFactoryImplementor;
import org.hibernate.generator.Generator;
import org.hibernate.metamodel.mapping.AttributeMapping;
import org.hibernate.metamodel.mapping.CompositeIdentifierMapping;
import org.hibernate.metamodel.mapping.EmbeddableMappingType;
import org.hibernate.metamodel.mapping.EntityIdentifierMapping;
import org.hibernate.metamodel.mapping.EntityMappingType;
import org.hibernate.metamodel.mapping.ForeignKeyDescriptor;
import org.hibernate.metamodel.mapping.ManagedMappingType;
import org.hibernate.metamodel.mapping.PluralAttributeMapping;
import org.hibernate.metamodel.mapping.SelectableMapping;
import org.hibernate.metamodel.mapping.internal.ToOneAttributeMapping;
import org.hibernate.persister.collection.CollectionPersister;
import org.hibernate.persister.entity.EntityPersister;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes types of what Hibernate knows of entities. What has no form on the wire is left out, with a word
/// in the log.
final class EntitySchema {
    private static final Logger LOG = LoggerFactory.getLogger(EntitySchema.class);

    private final String store;
    private final boolean readOnly;
    private final Map<String, StoreOverlay> overlays;
    private final Map<String, MappedType> types = new TreeMap<>();

    private EntitySchema(String store, boolean readOnly, Map<String, StoreOverlay> overlays) {
        this.store = store;
        this.readOnly = readOnly;
        this.overlays = overlays;
    }

    /// By their names.
    static Map<String, MappedType> read(
            SessionFactoryImplementor factory, String store, boolean readOnly, Map<String, StoreOverlay> overlays) {
        EntitySchema schema = new EntitySchema(store, readOnly, overlays);
        factory.getMappingMetamodel().forEachEntityDescriptor(entity -> {
            if (entity.getSuperMappingType() == null) {
                schema.add(entity);
            }
        });
        overlays.forEach((name, overlay) -> {
            if (!schema.types.containsKey(name)) {
                throw invalid(store, name, "there is no such entity");
            }
            if (overlay.table() != null
                    || overlay.version() != null
                    || !overlay.references().isEmpty()) {
                throw invalid(
                        store, name, "table, version and references are what the entity says; leave them out here");
            }
        });
        return schema.types;
    }

    private static ProblemException invalid(String store, String type, String why) {
        return new ProblemException(
                Problem.CONFIGURATION_INVALID, "objects.stores." + store + ".types." + type + ": " + why);
    }

    private static String nameOf(EntityMappingType entity) {
        return entity.getRootEntityDescriptor().getImportedName();
    }

    private static List<EntityPersister> hierarchy(EntityMappingType root) {
        List<EntityPersister> all = new ArrayList<>(List.of(root.getEntityPersister()));
        root.getSubMappingTypes().stream()
                .sorted(java.util.Comparator.comparing(EntityMappingType::getEntityName))
                .map(EntityMappingType::getEntityPersister)
                .filter(entity -> !all.contains(entity))
                .forEach(all::add);
        return all;
    }

    private void add(EntityPersister root) {
        String name = root.getImportedName();
        List<MappedType.Leaf> key = key(root);
        if (!ObjectKey.isName(name) || key.isEmpty()) {
            left(name, "its name or its id has no form on the wire");
            return;
        }
        StoreOverlay overlay = overlays.getOrDefault(name, StoreOverlay.NONE);
        Map<String, MappedType.Part> fields = new LinkedHashMap<>();
        key.forEach(leaf -> {
            MappedType.Part part = ofKey(leaf, MappedType.isKeyGenerated(root));
            fields.put(part.field().name(), part);
        });
        List<String> names = List.copyOf(fields.keySet());
        List<EntityPersister> hierarchy = hierarchy(root);
        List<ObjectTypes.Collection> collections = new ArrayList<>();
        Fields found = new Fields(
                name,
                root.getVersionMapping() == null ? "" : versionName(root),
                overlay,
                fields,
                EntityNames.declared(hierarchy),
                root.getFactory().getJdbcServices().getDialect() instanceof PostgreSQLDialect);
        if (hierarchy.size() > 1) {
            found.kind(free(hierarchy));
        }
        for (EntityPersister entity : hierarchy) {
            found.read(entity, entity.getMappedClass(), "", List.of(), entity.equals(root));
            collections.addAll(collections(entity));
        }
        ObjectTypes.Type type = new ObjectTypes.Type(
                name,
                store,
                names,
                "",
                isNumber(root),
                readOnly || overlay.readOnly() || !root.isMutable(),
                fields.values().stream().map(MappedType.Part::field).toList(),
                collections.stream().distinct().toList(),
                List.of());
        types.put(
                name,
                new MappedType(
                        type,
                        root,
                        found.from(root),
                        key,
                        fields,
                        isNumber(root) ? versionName(root) : null,
                        overlay.policy(),
                        kinds(hierarchy)));
    }

    private static MappedType.Part ofKey(MappedType.Leaf leaf, boolean generated) {
        String name = leaf.path().substring(leaf.path().lastIndexOf('.') + 1);
        ObjectTypes.Field field = new ObjectTypes.Field(name, leaf.kind(), null, !generated, generated, true, 0);
        return new MappedType.Part(
                field, List.of(leaf), List.of(), false, EntityValues.isExact(leaf.java()), false, null);
    }

    /// Those of which there can be objects.
    private static Map<String, EntityPersister> kinds(List<EntityPersister> hierarchy) {
        Map<String, EntityPersister> kinds = new TreeMap<>();
        for (EntityPersister entity : hierarchy) {
            if (!Modifier.isAbstract(entity.getMappedClass().getModifiers())) {
                kinds.put(entity.getImportedName(), entity);
            }
        }
        return kinds;
    }

    private static void left(String what, String why) {
        LOG.atInfo().addKeyValue("what", what).log("left out of the objects: {}", why);
    }

    private static String versionName(EntityPersister entity) {
        return entity.getPropertyNames()[entity.getVersionPropertyIndex()];
    }

    private static boolean isNumber(EntityPersister entity) {
        return entity.isVersioned()
                && Number.class.isAssignableFrom(
                        EntityValues.boxed(entity.getVersionType().getReturnedClass()));
    }

    private static String free(List<EntityPersister> hierarchy) {
        boolean taken = hierarchy.stream().anyMatch(entity -> entity.findAttributeMapping("kind") != null);
        return taken ? "kind2" : "kind";
    }

    /// Empty where the wire cannot say it.
    private static List<MappedType.Leaf> key(EntityMappingType entity) {
        EntityIdentifierMapping id = entity.getIdentifierMapping();
        if (!(id instanceof CompositeIdentifierMapping composite)) {
            Class<?> java = id.getJavaType().getJavaTypeClass();
            Kind kind = EntityValues.kind(java);
            return kind == null
                    ? List.of()
                    : List.of(new MappedType.Leaf("e." + id.getAttributeName(), java, kind, false));
        }
        String prefix =
                id.getNature() == EntityIdentifierMapping.Nature.VIRTUAL ? "e." : "e." + id.getAttributeName() + ".";
        List<MappedType.Leaf> all = new ArrayList<>();
        EmbeddableMappingType parts = MappedType.idType(composite);
        for (int i = 0; i < parts.getNumberOfAttributeMappings(); i++) {
            AttributeMapping part = parts.getAttributeMapping(i);
            Class<?> java = part.getPropertyAccess().getGetter().getReturnTypeClass();
            Kind kind = EntityValues.kind(java);
            if (kind == null) {
                return List.of();
            }
            all.add(new MappedType.Leaf(prefix + part.getAttributeName(), java, kind, false));
        }
        return all;
    }

    /// The other sides of references, by the names that the entity has for them.
    private static List<ObjectTypes.Collection> collections(EntityPersister entity) {
        List<ObjectTypes.Collection> all = new ArrayList<>();
        entity.getAttributeMappings().forEach(attribute -> {
            String mappedBy = null;
            EntityMappingType element = null;
            if (attribute instanceof PluralAttributeMapping plural) {
                CollectionPersister collection = plural.getCollectionDescriptor();
                boolean inverse = collection.isOneToMany() && collection.isInverse();
                mappedBy = inverse ? collection.getMappedByProperty() : null;
                element = inverse ? collection.getElementPersister() : null;
            } else if (attribute instanceof ToOneAttributeMapping one && !isOwned(one)) {
                mappedBy = one.getReferencedPropertyName();
                element = one.getAssociatedEntityMappingType();
            }
            if (mappedBy != null && element != null && ObjectKey.isName(attribute.getAttributeName())) {
                all.add(new ObjectTypes.Collection(
                        attribute.getAttributeName(), nameOf(element), EntityNames.field(mappedBy)));
            }
        });
        return all;
    }

    private static boolean isOwned(ToOneAttributeMapping reference) {
        return reference.getSideNature() == ForeignKeyDescriptor.Nature.KEY;
    }

    /// Collects the fields of one hierarchy.
    private static final class Fields {
        private final String type;
        private final String version;
        private final StoreOverlay overlay;
        private final Map<String, MappedType.Part> fields;
        private final Map<String, List<AttributeMapping>> declared;
        private final boolean numbered;
        private final StringBuilder joins = new StringBuilder();
        private int joined;

        /// @param declared the attributes of each name, of all entities
        /// @param numbered whether columns of large objects hold their numbers
        Fields(
                String type,
                String version,
                StoreOverlay overlay,
                Map<String, MappedType.Part> fields,
                Map<String, List<AttributeMapping>> declared,
                boolean numbered) {
            this.type = type;
            this.version = version;
            this.overlay = overlay;
            this.fields = fields;
            this.declared = declared;
            this.numbered = numbered;
        }

        /// What queries read from.
        String from(EntityPersister root) {
            return root.getEntityName() + " e" + joins;
        }

        void kind(String name) {
            ObjectTypes.Field field = new ObjectTypes.Field(name, Kind.TEXT, null, true, false, true, 0);
            MappedType.Leaf leaf = new MappedType.Leaf(MappedType.KIND, Class.class, Kind.TEXT, false);
            fields.put(name, new MappedType.Part(field, List.of(leaf), List.of(), false, true, false, null));
        }

        /// @param prefix of names, where they are of something embedded
        /// @param always whether every object of the type has them
        void read(ManagedMappingType mapping, Class<?> owner, String prefix, List<String> place, boolean always) {
            for (int i = 0; i < mapping.getNumberOfAttributeMappings(); i++) {
                AttributeMapping attribute = mapping.getAttributeMapping(i);
                String name = attribute.getAttributeName();
                String field = EntityNames.field(prefix, name);
                // Where an id has a class of its own, Hibernate has an attribute with all of it once more.
                boolean hidden =
                        name.startsWith("_") || overlay.hidden().contains(field) || isMarked(owner, name, Hidden.class);
                boolean other = attribute instanceof ToOneAttributeMapping one && !isOwned(one);
                if (hidden || other || fields.containsKey(field) || (place.isEmpty() && name.equals(version))) {
                    continue;
                }
                List<AttributeMapping> same =
                        place.isEmpty() ? declared.getOrDefault(name, List.of()) : List.<AttributeMapping>of();
                if (same.size() > 1 && !EntityNames.isOneField(same)) {
                    left(type + "." + field, "entities of one type mean different things by it");
                    continue;
                }
                if (attribute.isEmbeddedAttributeMapping() && !EntityNames.isPlain(attribute)) {
                    left(type + "." + field, "it has no form on the wire");
                    continue;
                }
                List<String> here = new ArrayList<>(place);
                here.add(name);
                boolean untagged = overlay.untagged().contains(field) || isMarked(owner, name, Untagged.class);
                if (attribute.isEmbeddedAttributeMapping()) {
                    EmbeddableMappingType embedded =
                            attribute.asEmbeddedAttributeMapping().getEmbeddableTypeDescriptor();
                    boolean required =
                            always && !attribute.getAttributeMetadata().isNullable();
                    read(embedded, embedded.getMappedJavaType().getJavaTypeClass(), field, here, required);
                    continue;
                }
                MappedType.Part part = attribute instanceof ToOneAttributeMapping reference
                        ? reference(reference, field, here, !untagged, always)
                        : basic(attribute, field, here, !untagged, always, same);
                if (part != null && ObjectKey.isName(field)) {
                    fields.put(field, part);
                } else if (!(attribute instanceof PluralAttributeMapping)) {
                    left(type + "." + field, "it has no form on the wire");
                }
            }
        }

        /// @param same the attributes of that name, where several entities have one
        private MappedType.@Nullable Part basic(
                AttributeMapping attribute,
                String name,
                List<String> place,
                boolean tagged,
                boolean always,
                List<AttributeMapping> same) {
            Class<?> java = EntityNames.javaOf(attribute);
            Kind kind = EntityValues.kind(java);
            if (kind == null || !(attribute instanceof SelectableMapping column)) {
                return null;
            }
            Long length = kind == Kind.TEXT && java == String.class ? column.getLength() : null;
            boolean nullable = attribute.getAttributeMetadata().isNullable() && !java.isPrimitive();
            // What a timestamp of Hibernate's or the database writes over is not told as written.
            // Of what is embedded Hibernate gives the generator of another attribute.
            Generator generator = place.size() == 1 ? attribute.getGenerator() : null;
            boolean generates = generator != null && generator.generatesSometimes();
            boolean overwritten = generator != null
                    && generator.generatesSometimes()
                    && (generator.generatesOnUpdate() || !generator.allowMutation());
            boolean generated = generates || !attribute.getAttributeMetadata().isInsertable();
            return new MappedType.Part(
                    new ObjectTypes.Field(
                            name,
                            kind,
                            null,
                            always && !nullable,
                            generated,
                            tagged && kind != Kind.BYTES && !column.isLob(),
                            length == null ? 0 : (int) Math.min(length, Integer.MAX_VALUE)),
                    List.of(new MappedType.Leaf(
                            EntityNames.path("e." + String.join(".", place), same), java, kind, !always || nullable)),
                    place,
                    !overwritten && attribute.getAttributeMetadata().isUpdatable(),
                    EntityValues.isExact(java) && EntityNames.isExact(column, kind),
                    numbered && EntityNames.isLarge(column),
                    null);
        }

        private MappedType.@Nullable Part reference(
                ToOneAttributeMapping reference, String name, List<String> place, boolean tagged, boolean always) {
            EntityMappingType target = reference.getAssociatedEntityMappingType();
            List<MappedType.Leaf> key = key(target);
            boolean byId = target.getIdentifierMapping().getAttributeName() == null
                    || reference
                            .getTargetKeyPropertyNames()
                            .contains(target.getIdentifierMapping().getAttributeName());
            if (!isOwned(reference) || key.isEmpty() || !byId) {
                return null;
            }
            boolean nullable = reference.isNullable() || reference.isOptional();
            String path = "e." + String.join(".", place) + ".";
            if (EntityNames.isJoined(reference)) {
                // Said without a join, that would find only what refers to something.
                joins.append(" left join ")
                        .append(path, 0, path.length() - 1)
                        .append(" j")
                        .append(joined);
                path = "j" + joined++ + ".";
            }
            String from = path;
            return new MappedType.Part(
                    new ObjectTypes.Field(
                            name,
                            Kind.REFERENCE,
                            nameOf(target),
                            always && !nullable,
                            !reference.getAttributeMetadata().isInsertable(),
                            tagged,
                            0),
                    key.stream()
                            .map(leaf -> new MappedType.Leaf(
                                    from + leaf.path().substring(2), leaf.java(), leaf.kind(), !always || nullable))
                            .toList(),
                    place,
                    reference.getAttributeMetadata().isUpdatable(),
                    key.stream().allMatch(leaf -> EntityValues.isExact(leaf.java())),
                    false,
                    target);
        }
    }

    /// Whether the field of that name, or what reads it, has an annotation.
    static boolean isMarked(Class<?> owner, String name, Class<? extends Annotation> mark) {
        String capital = Character.toUpperCase(name.charAt(0)) + name.substring(1);
        List<String> readers = List.of(name, "get" + capital, "is" + capital);
        Function<Class<?>, Boolean> here = one -> java.util.Arrays.stream(one.getDeclaredFields())
                        .anyMatch(field -> field.getName().equals(name) && field.isAnnotationPresent(mark))
                || java.util.Arrays.stream(one.getDeclaredMethods())
                        .anyMatch(method -> method.getParameterCount() == 0
                                && readers.contains(method.getName())
                                && method.isAnnotationPresent(mark));
        for (Class<?> one = owner; one != null; one = one.getSuperclass()) {
            if (here.apply(one)) {
                return true;
            }
        }
        return false;
    }
}
